import { beforeAll, expect, it } from "vitest";
import { lint } from "../src/lint.ts";
import { loadParser } from "../src/parse/statement.ts";
import { exampleState } from "./examples.ts";

beforeAll(loadParser);

it("gives findings in the order of the statements, also where two have the same text", () => {
  const statements = ["update users set age = 1", "drop table lines", "update users set age = 1"];
  const source = statements.join("\n");
  const findings = lint([{ name: "Example", statements, transactional: true, source }], { state: exampleState() });
  const lines = findings.map(({ line }) => line);
  expect(new Set(lines)).toEqual(new Set([1, 2, 3]));
  expect(lines).toEqual(lines.toSorted());
});

it.each([
  ["update users set note = 'x' where note is null", "unbatched-backfill"],
  ["update users set note = 'x'", "unfiltered-dml"],
])("finds nothing of %s where the runner does it in batches", (sql, rule) => {
  const migration = { name: "Example", statements: [sql], transactional: true, source: sql };
  const rules = (batched: boolean) =>
    lint([{ ...migration, batched }], { state: exampleState() }).map((one) => one.rule);
  expect(rules(false)).toContain(rule);
  expect(rules(true)).not.toContain(rule);
});
