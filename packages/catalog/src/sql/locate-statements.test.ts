import { expect, it } from "vitest";
import { locateStatements } from "./locate-statements.ts";

it.each([
  { what: "a string", source: "a\n  this.addSql('select 1');", statements: ["select 1"], lines: [2] },
  { what: "a template over lines", source: "x(`\nselect\n 1`)", statements: ["select\n 1"], lines: [2] },
  {
    what: "the same twice",
    source: "'select 1'\n'select 2'\n'select 1'",
    statements: ["select 1", "select 1"],
    lines: [1, 3],
  },
  { what: "an escaped quote", source: "\n'select \\'a\\''", statements: ["select 'a'"], lines: [2] },
  { what: "an escaped line break", source: "\n'\\nselect\\n 1'", statements: ["\nselect\n 1"], lines: [2] },
  { what: "what code composes", source: "x(`drop table ${name}`)", statements: ["drop table a"], lines: [null] },
  {
    what: "down above up",
    source: "down\ndrop table a\nup\ncreate table a()",
    statements: ["create table a()", "drop table a"],
    lines: [4, 2],
  },
  { what: "nothing", source: "\n", statements: [" "], lines: [null] },
])("finds the lines of $what", ({ source, statements, lines }) => {
  expect(locateStatements(source, statements).map((lineOf) => lineOf && lineOf())).toEqual(lines);
});

it("finds the line within a statement", () => {
  const [lineOf] = locateStatements("x(`\n  select\n  nothing\n`)", ["\n  select\n  nothing\n"]);
  expect([lineOf?.("\n  select\n  "), lineOf?.("\n  ")]).toEqual([3, 2]);
});
