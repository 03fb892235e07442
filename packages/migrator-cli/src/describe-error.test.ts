import { MigrationFailedError } from "@thedata/migrator/internal";
import { expect, it } from "vitest";
import { toLines } from "./describe-error.ts";

function linesOf(statement: string, position: number | null, more: object = {}): string[] {
  const failed = { migration: "M", statement, position, number: 1, total: 1, sqlState: null, detail: null, hint: null };
  return toLines(new MigrationFailedError("M failed", { ...failed, ...more }));
}

/** The line above the caret, and the character that the caret points at. */
function pointed(lines: readonly string[]): { line: string; sign: string | undefined } {
  const caret = lines.findIndex((line) => /^\s*\^$/.test(line));
  const line = lines[caret - 1] ?? "";
  return { line, sign: line[(lines[caret] ?? "").indexOf("^")] };
}

const long = "x".repeat(200_000);

it.each([
  ["at the beginning", `?${long}`, 1],
  ["in the middle", `${long}?${long}`, 200_001],
  ["at the end", `${long}?`, 200_001],
  ["behind characters of two units", `${"😀".repeat(500)}?${long}`, 501],
  ["in a later line", `select\r\n${long}?${long}\n${long}`, 200_009],
  ["behind what is shown escaped", `\u001b\t\u202e?${long}`, 4],
])("clips a long line around the place %s", (_, statement, position) => {
  const lines = linesOf(statement, position);
  expect(pointed(lines).sign).toBe("?");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(200);
  expect(lines.join("")).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/);
});

it("clips a long line without a place at its end", () => {
  const lines = linesOf(`select ${long}`, null);
  expect(lines.at(-1)).toMatch(/^ {4}select x+…$/);
  expect(lines.join("").length).toBeLessThan(300);
});

it("clips a message that quotes the rest of the statement", () => {
  const failed = { migration: "M", statement: null, position: null, number: 1, total: 1, sqlState: null };
  const error = new MigrationFailedError(`unterminated at or near "${long}"`, { ...failed, detail: long, hint: null });
  expect(toLines(error).join("\n").length).toBeLessThan(5000);
});

it("shows a statement as it is where it is short, with a caret below the place", () => {
  expect(linesOf("select\n  a from\tb", 17)).toEqual([
    "M failed",
    "  statement",
    "    select",
    "      a from\tb",
    "            \t^",
  ]);
});

it("keeps the lines of a detail apart from its own", () => {
  expect(linesOf("drop table a", null, { detail: "view b depends on it\nview c depends on it" })).toContain(
    "            view c depends on it",
  );
});
