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
