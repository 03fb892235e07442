import { beforeAll, describe, expect, it } from "vitest";
import { findIn } from "./examples.ts";
import { loadParser } from "../src/parse/statement.ts";
import { rules } from "../src/rules/index.ts";

beforeAll(loadParser);

describe.each(rules)("$name", ({ name, fires, silent }) => {
  it.each(fires)("finds %s", (example) => {
    expect(findIn(example)).toContain(name);
  });

  it.each(silent)("passes over %s", (example) => {
    expect(findIn(example)).not.toContain(name);
  });

  it("has three examples of each at the least", () => {
    expect(Math.min(fires.length, silent.length)).toBeGreaterThanOrEqual(3);
  });
});
