import { describe, expect, it } from "vitest";
import { formatSql } from "./format-sql.ts";

describe("formatSql", () => {
  it.each([
    [
      `create table "a" ("id" numeric(10,2) not null default 'x, (y', constraint "ck" check (b in ('p', 'q')), primary key ("id", "b"))`,
      `create table "a" (
  "id" numeric(10,2) not null default 'x, (y',
  constraint "ck" check (b in ('p', 'q')),
  primary key ("id", "b")
)`,
    ],
    [
      `create table "p" ("id" int) partition by range ("id")`,
      `create table "p" (\n  "id" int\n) partition by range ("id")`,
    ],
    [
      `alter table "a" add "b" int null, add "c" text not null`,
      `alter table "a"\n  add column "b" int null,\n  add column "c" text not null`,
    ],
    [`alter table "a" add "b" int null`, `alter table "a" add column "b" int null`],
    [
      `alter table "a" add constraint "add "" b" unique ("b", "c")`,
      `alter table "a" add constraint "add "" b" unique ("b", "c")`,
    ],
    [`create unique index "i" on "a" ("b", "c")`, `create unique index "i" on "a" ("b", "c")`],
    [`create function f() returns int\nas $$ select 1, 2 $$`, `create function f() returns int\nas $$ select 1, 2 $$`],
    [`create table a ()`, `create table a ()`],
  ])("writes %s", (sql, formatted) => {
    expect(formatSql(sql)).toBe(formatted);
  });
});
