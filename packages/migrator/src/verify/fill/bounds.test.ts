import { expect, it } from "vitest";
import { boundHints } from "./bounds.ts";

it.each([
  ["FOR VALUES IN ('a', 'b')", [["a", "b"]]],
  ["FOR VALUES IN ('it''s (1) TO ', NULL, 'x, y')", [["it's (1) TO ", "x, y"]]],
  ["FOR VALUES IN (1, '-2')", [["1", "-2"]]],
  ["FOR VALUES FROM (MINVALUE) TO ('2020-01-01')", [["2019-12-31"]]],
  ["DEFAULT", []],
])("reads the values of %s", (text, values) => {
  const columns = ["a"];
  const hints = boundHints([{ columns, text }] as never);
  for (const [index, some] of values.entries()) expect(hints[index]?.values).toEqual(expect.arrayContaining(some));
  expect(hints).toHaveLength(values.length);
});
