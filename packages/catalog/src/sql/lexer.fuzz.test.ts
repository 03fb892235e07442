import fc from "fast-check";
import { loadModule, parseSync, scanSync } from "libpg-query";
import { beforeAll, expect, it } from "vitest";
import { splitCommands } from "./lexer.ts";
import { type Token, tokenize } from "./tokens.ts";

type ScanToken = ReturnType<typeof scanSync>["tokens"][number];

const words = String.raw`' '' ''' " "" \ \' \\ E' e' U&' u&" U& B' x' n' N e é a 'b' "b" U&"b" $ $$ $a$ $b$ $ä$ $1$ $1 $12
  a$b$ a$ 1$a$ 1a 1e5 1.5 1. .5 1..2 ... 0xF 1_0 -- --' /* */ /*/ **/ + - * / = <> => := :: : ! @ # -1 @- +/* -/* */*
  <-- @- ( ) [ ] , ; . { 🙂 $a$'$a$ select uescape`;
const blanks = [
  " ",
  "\t",
  "\n",
  "\r\n",
  "\f",
  "\u00a0",
  "'\n'",
  "'\r\n\t'",
  "'a' \n 'b'",
  "e'\\'\n\\''",
  "-- c\n",
  "/* ' */",
];
const texts = fc
  .array(fc.constantFrom(...words.split(/\s+/), ...blanks), { maxLength: 12 })
  .map((parts) => parts.join(""));

// Skipped: libpg-query ends a literal at a comment, which it gives as a token; the server does not.
const literalOverComment = /'[ \t\f]*(?:--[^\n\r]*[\n\r]\s*)+'|'\s*[\n\r]\s*--/;

beforeAll(loadModule);

it("reads what PostgreSQL's own scanner reads, and finds open what it finds open", () => {
  let compared = 0;
  const property = fc.property(texts, (sql) => {
    const theirs = scan(sql);
    // libpg-query stops at a malformed number, escape or name; the server refuses such SQL before it runs anything.
    if (theirs === "malformed" || literalOverComment.test(sql)) return;
    const { tokens, closed } = tokenize(sql);
    expect(closed).toBe(theirs !== "open");
    if (theirs === "open") return;
    expect(tokens.map((token) => show(token.kind, token.start, sql.slice(token.start, token.end)))).toEqual(theirs);
    compared++;
  });
  fc.assert(property, { seed: 11, numRuns: 20_000 });
  expect(compared).toBeGreaterThan(4000);
});

function scan(sql: string): string[] | "open" | "malformed" {
  try {
    const bytes = Buffer.from(sql);
    const tokens = scanSync(sql).tokens.filter(({ tokenName }) => !tokenName.endsWith("_COMMENT"));
    return tokens.map((token) => show(kindOf(token), bytes.subarray(0, token.start).toString().length, token.text));
  } catch (error) {
    return String(error).includes("unterminat") ? "open" : "malformed";
  }
}

function show(kind: string, start: number, text: string): string {
  return `${kind} ${text} at ${start}`;
}

// The scanner's token numbers in PostgreSQL's grammar.
const numbers: Partial<Record<Token["kind"], readonly number[]>> = {
  identifier: [259],
  number: [260, 266],
  string: [261, 262, 263, 264],
  operator: [265, 271, 272, 273, 274],
  parameter: [267],
};

function kindOf({ tokenType, text, keywordName }: ScanToken): string {
  if (keywordName !== "NO_KEYWORD") return "word";
  if (tokenType === 258) return text.startsWith('"') ? "identifier" : "word";
  if (tokenType < 256) return "+-*/%^<>=".includes(text) ? "operator" : "symbol";
  return Object.entries(numbers).find(([, types]) => types.includes(tokenType))?.[0] ?? "symbol";
}

const commands = [
  "select 1 as end",
  "select case when true then 1 end, (select 'a;')",
  "select begin atomic",
  "begin",
  "commit and chain",
  "end",
  "do $$ begin; end $$",
  "create rule r as on insert to t do (select 1; select 2)",
  "create function f() returns int begin atomic end",
  "CREATE OR REPLACE PROCEDURE p(a int = 1) BEGIN ATOMIC select case 1 when 2 then 3 end; select 1 end; select 2 as end; END",
  "create function f() returns int volatile /* begin atomic */ begin -- \n atomic insert into t values (1); end",
  "create function atomic() returns int return 1",
  "/* only ; a comment */",
  "",
];
const scripts = fc
  .array(fc.tuple(fc.constantFrom(...commands), fc.constantFrom(";", " ;\n", ";-- ;\n", ";/* ; */")), {
    minLength: 1,
    maxLength: 6,
  })
  .map((parts) => parts.flat().join(""));

it("splits a text where PostgreSQL's own parser does", () => {
  const property = fc.property(scripts, (sql) => {
    const bytes = Buffer.from(sql);
    const theirs = (parseSync(sql).stmts ?? []).map(({ stmt_location = 0, stmt_len }) =>
      bytes.subarray(stmt_location, stmt_len ? stmt_location + stmt_len : undefined).toString(),
    );
    const ours = splitCommands(sql);
    expect(ours).toHaveLength(theirs.length);
    for (const [index, command] of ours.entries()) expect(theirs[index]).toContain(command.sql);
  });
  fc.assert(property, { seed: 11, numRuns: 1000 });
});
