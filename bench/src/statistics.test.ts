import { expect, test } from "vitest";
import { median, medianRatio, quantile } from "./statistics.ts";

test.each([
  { values: [], middle: NaN },
  { values: [3], middle: 3 },
  { values: [10, 2, 9], middle: 9 },
  { values: [10, 2, 9, 1], middle: 5.5 },
])("the median of $values is $middle", ({ values, middle }) => {
  expect(median(values)).toBe(middle);
});

test.each([
  { share: 0.99, value: 99 },
  { share: 0.5, value: 50 },
  { share: 1, value: 100 },
])("a share of $share of a hundred numbers does not exceed $value", ({ share, value }) => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(quantile(values, share)).toBe(value);
  expect(quantile([], share)).toBeNaN();
});

test("a ratio is taken within a round, whatever the order, and of rounds that both were in", () => {
  const reference = [10, 100, 20].map((value, round) => ({ round, value }));
  const values = [
    { round: 2, value: 40 },
    { round: 0, value: 30 },
    { round: 1, value: 400 },
    { round: 3, value: 1 },
  ];
  expect(medianRatio(values, reference)).toBe(3);
});

test("there is no ratio without a common round", () => {
  expect(medianRatio([{ round: 0, value: 1 }], [])).toBeNaN();
});
