import { versionOf } from "../history/version.ts";
import { describe, expect, it } from "vitest";
import { UnknownMigrationError } from "../errors.ts";
import { resolveTarget } from "./resolve-target.ts";

const names = [
  "Migration20240217000000_initial_schema",
  "Migration20240218000000_fix_schema",
  "Migration20240218000100_add_user_roles",
  "Migration20240218000200_update_organizations_001",
];

function errorOf(target: string, from: readonly string[] = names): UnknownMigrationError {
  try {
    resolveTarget(target, from);
  } catch (error) {
    if (error instanceof UnknownMigrationError) return error;
  }
  throw new Error(`"${target}" was resolved`);
}

describe("resolveTarget", () => {
  it.each([
    ["Migration20240218000000_fix_schema", 1],
    ["Migration20240218000000_fix_schema.ts", 1],
    ["Migration20240218000000_fix_schema.js", 1],
    ["20240218000100", 2],
    ["202402180002", 3],
    ["user_roles", 2],
    ["organizations_001", 3],
  ])("takes %s for one migration", (target, index) => {
    expect(resolveTarget(target, names)).toBe(names[index]);
  });

  it("prefers a full name to the longer one that holds it", () => {
    expect(resolveTarget("M1_a", ["M1_a", "M1_a_b"])).toBe("M1_a");
  });

  it("prefers a time version to a name that holds the same digits", () => {
    expect(resolveTarget("2024", ["M2024_a", "M20240101_b"])).toBe("M2024_a");
  });

  it("refuses a part that fits several and names them all", () => {
    const error = errorOf("20240218");
    expect(error.candidates).toEqual(names.slice(1));
    expect(error.message).toContain("fits 3 migrations");
  });

  it.each([
    ["initial_shcema", 0],
    ["fix_scheme", 1],
    ["add_user_rolls", 2],
    ["20240218000101", 2],
    ["organisations", 3],
  ])("suggests the nearest name for %s", (target, index) => {
    const error = errorOf(target);
    expect(error.candidates[0]).toBe(names[index]);
    expect(error.message).toContain(`Did you mean ${names[index]}`);
  });

  it("takes an empty target for a mistake, not for everything", () => {
    expect(errorOf("").target).toBe("");
  });

  it("says that a folder without migrations has none", () => {
    expect(errorOf("anything", []).message).toContain("the folder has none");
  });
});

describe("versionOf", () => {
  it.each([
    ["Migration20240218000100_add_user_roles", "20240218000100"],
    ["M2024_a_12345", "2024"],
    ["add_user_roles", undefined],
    ["Migration123_a", undefined],
  ])("finds in %s the digits %s", (name, version) => {
    expect(versionOf(name)).toBe(version);
  });
});
