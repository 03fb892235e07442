import { describe, expect, it } from "vitest";
import { findMissing } from "./compare-contents.ts";
import type { Contents, Row } from "./contents.ts";

function contents(names: readonly string[], rows: readonly Row[], key: readonly number[] = []): Contents {
  const columns = names.map((name) => ({ name, type: "text", default: null }));
  return new Map([["t", { table: "t", columns, key, references: [], rows }]]);
}

const found = (before: Contents, after: Contents) =>
  findMissing(before, after).map(({ column, rows, of }) => [column, rows, of]);

describe("with a key", () => {
  const before = contents(
    ["id", "a", "b"],
    [
      ["1", "x", "y"],
      ["2", "x", null],
    ],
    [0],
  );

  it.each<[string, Contents, unknown[]]>([
    [
      "nothing where rows came along",
      contents(
        ["id", "a", "b"],
        [
          ["2", "x", null],
          ["1", "x", "y"],
          ["3", "", ""],
        ],
        [0],
      ),
      [],
    ],
    ["rows that are gone", contents(["id", "a", "b"], [["2", "x", null]], [0]), [[null, 1, 2]]],
    [
      "values that changed, also from null",
      contents(
        ["id", "a", "b"],
        [
          ["1", "z", "y"],
          ["2", "x", "q"],
        ],
        [0],
      ),
      [
        ["a", 1, 2],
        ["b", 1, 2],
      ],
    ],
    [
      "nothing of a column that is gone, wherever the others stand",
      contents(
        ["b", "id"],
        [
          ["y", "1"],
          [null, "2"],
        ],
        [1],
      ),
      [],
    ],
    ["nothing of a table that is gone", new Map(), []],
  ])("finds %s", (_, after, expected) => {
    expect(found(before, after)).toEqual(expected);
  });
});

describe("without a key", () => {
  const before = contents(
    ["a", "b"],
    [
      ["x", "1"],
      ["x", "1"],
      ["y", "2"],
    ],
  );

  it.each<[string, readonly Row[], unknown[]]>([
    [
      "nothing in another order",
      [
        ["y", "2"],
        ["x", "1"],
        ["x", "1"],
      ],
      [],
    ],
    [
      "one of two equal rows",
      [
        ["x", "1"],
        ["y", "2"],
      ],
      [[null, 1, 3]],
    ],
    [
      "the column that changed",
      [
        ["x", "1"],
        ["x", "1"],
        ["y", "3"],
      ],
      [["b", 1, 3]],
    ],
    [
      "rows whose values changed places",
      [
        ["x", "2"],
        ["x", "1"],
        ["y", "1"],
      ],
      [[null, 2, 3]],
    ],
  ])("finds %s", (_, rows, expected) => {
    expect(found(before, contents(["a", "b"], rows))).toEqual(expected);
  });
});
