import { describe, expect, it } from "vitest";
import {
  findTransactionControl,
  isClosed,
  isEmptySql,
  leadingWords,
  splitCommands,
  splitList,
  transactionControlOf,
} from "./lexer.ts";
import { tokenize } from "./tokens.ts";

const show = (sql: string) => tokenize(sql).tokens.map(({ kind, start, end }) => `${kind} ${sql.slice(start, end)}`);

describe("tokens", () => {
  it.each<[string, string[]]>([
    ["select 1", ["word select", "number 1"]],
    ["a$b$ /* b */ c--d\re", ["word a$b$", "word c", "word e"]],
    ["/* /* */ ' */ x", ["word x"]],
    ["/*/ */ x /**/", ["word x"]],
    ["'it''s' 'a\\'", ["string 'it''s'", "string 'a\\'"]],
    [String.raw`E'it\'s' e'\\' E''''`, [String.raw`string E'it\'s'`, String.raw`string e'\\'`, "string E''''"]],
    ["type'x'", ["word type", "string 'x'"]],
    ["n'x'", ["word n", "string 'x'"]],
    [
      "b'01' X'ff' U&'\\0061' u&\"x\"\"y\"",
      ["string b'01'", "string X'ff'", "string U&'\\0061'", 'identifier u&"x""y"'],
    ],
    ["u& 'x'", ["word u", "operator &", "string 'x'"]],
    ["'a'\n  'b' 'c'", ["string 'a'\n  'b'", "string 'c'"]],
    ["E'a' -- why\r\n-- more\n 'it\\'s'", ["string E'a' -- why\r\n-- more\n 'it\\'s'"]],
    ["'a' /* no */\n'b'", ["string 'a'", "string 'b'"]],
    ["$$ it's $a$ $$ $a$ $$ $b$ $a$", ["string $$ it's $a$ $$", "string $a$ $$ $b$ $a$"]],
    ["$ü$ '$ü$ $A$ $a$ $A$", ["string $ü$ '$ü$", "string $A$ $a$ $A$"]],
    ["1$a$ x $a$", ["number 1", "string $a$ x $a$"]],
    ["$1 $12::int", ["parameter $1", "parameter $12", "symbol ::", "word int"]],
    [
      "1.5e-10 .5 1. 1_000 0xFF 0b1_0 1..2",
      ["1.5e-10", ".5", "1.", "1_000", "0xFF", "0b1_0"]
        .map((n) => `number ${n}`)
        .concat("number 1", "symbol ..", "number 2"),
    ],
    ["+/* c */ -", ["operator +", "operator -"]],
    ["a=-1 @-- c\n1", ["word a", "operator =", "operator -", "number 1", "operator @", "number 1"]],
    ["@-1 <>-1", ["operator @-", "number 1", "operator <>", "operator -", "number 1"]],
    ["größe größe$1\u00a0x", ["word größe", "word größe$1\u00a0x"]],
    ["a:=b=>c", ["word a", "symbol :=", "word b", "operator =>", "word c"]],
    ["$a 🙂", ["symbol $", "word a", "word 🙂"]],
  ])("of %j", (sql, tokens) => {
    expect(show(sql)).toEqual(tokens);
  });
});

describe("closed", () => {
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
    "select (1), (')')",
    "create function f() returns int begin atomic select 1; end",
    "",
  ])("is %s", (sql) => {
    expect(isClosed(sql)).toBe(true);
  });

  it.each([
    "select 'a",
    'select "a',
    "select 'it''s",
    String.raw`select E'a\'`,
    "select E'\\",
    "select E'a' -- c\n'\\'",
    "select 1 /* open",
    "select 1 /* /* */",
    "do $$ begin",
    "do $a$ $b$",
    "select '--'' -- ",
    "select (1",
    "select )(",
    "create function f() returns int begin atomic select 1;",
  ])("is not %s", (sql) => {
    expect(isClosed(sql)).toBe(false);
  });
});

describe("commands", () => {
  const atomic =
    "create or replace function f() returns int language sql begin atomic select case when true then 1 end; select 2 end; end";

  it.each<[string, string[]]>([
    ["", []],
    [" ; -- nothing;\n;/* ; */", []],
    ["select 1", ["select 1"]],
    ["-- first\nselect 1; select ';' /* ; */;\n", ["select 1", "select ';'"]],
    [
      "create rule r as on insert to t do (select 1; select 2); select 3",
      ["create rule r as on insert to t do (select 1; select 2)", "select 3"],
    ],
    [`${atomic}; select 3`, [atomic, "select 3"]],
    ["create procedure p() begin atomic end; commit", ["create procedure p() begin atomic end", "commit"]],
    ["begin; atomic; end", ["begin", "atomic", "end"]],
    ["select begin atomic from t; commit", ["select begin atomic from t", "commit"]],
    ["do $$ begin; end $$; end", ["do $$ begin; end $$", "end"]],
    ["select 1); commit", ["select 1)", "commit"]],
  ])("of %j", (sql, commands) => {
    expect(splitCommands(sql).map((command) => command.sql)).toEqual(commands);
    for (const command of splitCommands(sql)) expect(sql.startsWith(command.sql, command.start)).toBe(true);
  });

  it("begin with words, of which as many are given as asked for", () => {
    const [command] = splitCommands("/* a */ Create /* b */ UNIQUE index concurrently on t");
    expect(command && leadingWords(command)).toEqual(["create", "unique", "index", "concurrently"]);
    const [quoted] = splitCommands('drop "table" x');
    expect(quoted && leadingWords(quoted)).toEqual(["drop"]);
  });
});

describe("transaction control", () => {
  it.each([
    ["begin", "begin"],
    ["BEGIN isolation level serializable", "begin"],
    ["start /* now */ transaction read only", "begin"],
    ["commit", "commit"],
    ["commit and chain", "commit"],
    ["commit prepared 'x'", "commit"],
    ["-- done\nend", "commit"],
    ["End Work;", "commit"],
    ["rollback", "rollback"],
    ["rollback and no chain", "rollback"],
    ["rollback prepared 'x'", "rollback"],
    ["abort transaction", "rollback"],
    ["prepare transaction 'x'", "prepare"],
    ["savepoint a", undefined],
    ["release a", undefined],
    ["rollback to a", undefined],
    ["rollback work to savepoint a", undefined],
    ["rollback transaction to a", undefined],
    ["prepare transaction as select 1", undefined],
    ["start", undefined],
    ['"begin"', undefined],
    ["select 1 as commit", undefined],
    ["set transaction read only", undefined],
  ])("in %j is %s", (sql, control) => {
    expect(splitCommands(sql).map(transactionControlOf)).toEqual([control]);
  });

  it("is found between other commands, and only there", () => {
    expect(findTransactionControl("create table q (); commit; create table r ()")?.sql).toBe("commit");
    expect(findTransactionControl("select 'commit; '; do $$ begin commit; end $$; -- commit;")).toBeUndefined();
  });
});

describe("lists", () => {
  it.each<[string, string[]]>([
    ["", []],
    ["a", ["a"]],
    [" a , b ", ["a", "b"]],
    ["numeric(1, 2), array[1, 2], 'a,b', \"c,d\", $$,$$", ["numeric(1, 2)", "array[1, 2]", "'a,b'", '"c,d"', "$$,$$"]],
    ["a /* , */, b", ["a /* , */", "b"]],
    ["a, ", ["a", ""]],
  ])("of %j", (sql, parts) => {
    expect(splitList(sql)).toEqual(parts);
  });
});

it.each<[string, boolean]>([
  ["", true],
  [" \n;;", true],
  ["-- nothing\n/* to do */;", true],
  ["/* open", false],
  ["select", false],
  ["''", false],
])("takes %j for empty: %s", (sql, empty) => {
  expect(isEmptySql(sql)).toBe(empty);
});
