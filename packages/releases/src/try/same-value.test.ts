import { expect, it } from "vitest";
import { isForeign } from "./driver-values.ts";
import { isSameValue } from "./same-value.ts";

it.each([
  [1, "1", true],
  ["1.00", "1", true],
  ["1e+25", "10000000000000000000000000", true],
  ["1", "2", false],
  ["", "0", false],
  ["2024-05-06 07:08:09.5+00", "2024-05-06 07:08:09.5", true],
  ["2024-05-06 07:08:09+00", "2024-05-06", false],
  ["0001-01-01 00:00:00+00", "0001-01-01 00:00:00", true],
  [{ theme: "dark", lang: "en" }, { lang: "en", theme: "dark" }, true],
  ['{"theme": "dark", "lang": "en"}', '{"lang":"en","theme":"dark"}', true],
  [{ list: [1, 2] }, { list: [2, 1] }, false],
  ["{a,b}", "{b,a}", false],
  [null, null, true],
  [null, "", false],
  [true, "true", true],
  [Buffer.from("a"), Buffer.from("a"), true],
])("isSameValue(%j, %j) is %s", (one, other, expected) => {
  expect(isSameValue(one, other)).toBe(expected);
});

it.each([
  ["51", ["number"], undefined, true],
  ["51", ["number", "numeric"], undefined, false],
  [null, ["number"], undefined, false],
  ['{"a": 1}', ["json"], { a: 1 }, true],
  ["a", ["json"], "b", false],
  ["{a}", ["array"], undefined, false],
] as const)("isForeign(%j, %j, %j) is %s", (value, accepts, before, expected) => {
  expect(isForeign(value, accepts, before)).toBe(expected);
});
