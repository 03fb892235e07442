import { expect, it } from "vitest";
import { isClosed } from "./closed.ts";

it.each([
  "select 1",
  "select 'a', 'it''s', \"a\"\"b\"",
  String.raw`select 'a\', E'it\'s \\', e'\''`,
  "select 1 -- it's a comment",
  "select 1 /* it's /* nested */ still */",
  "select $$it's$$, $tag$ $$ ' $tag$, $ü$ '$ü$",
  "select a$b$c from t$1",
  "select type'x'",
  "select $1, 2",
  "",
])("takes %s for closed", (sql) => {
  expect(isClosed(sql)).toBe(true);
});

it.each([
  "select 'a",
  'select "a',
  "select 'it''s",
  String.raw`select E'a\'`,
  "select 1 /* open",
  "select 1 /* /* */",
  "do $$ begin",
  "do $a$ $b$",
  "select '--'' -- ",
])("takes %s for open", (sql) => {
  expect(isClosed(sql)).toBe(false);
});
