import { expect, it } from "vitest";
import { boundHints } from "./bounds.ts";
import { findHints } from "./hints.ts";

/** A CHECK as PostgreSQL writes it, its column, and values that the hint must contain. */
const expressions: readonly [string, string, readonly string[]][] = [
  ["((role)::text = ANY ((ARRAY['a'::character varying, 'it''s'::character varying])::text[]))", "role", ["a", "it's"]],
  ["((n >= '-5'::integer) AND (n <= 10))", "n", ["-5", "10", "-4", "9"]],
  ["(n > (0)::numeric)", "n", ["0", "1"]],
  ["(p >= 0.5)", "p", ["0.5", "0.6"]],
  ["(VALUE > 0)", "value", ["1"]],
  ["(jsonb_typeof(s) = 'array'::text)", "s", ["[]"]],
  ["((s ? 'a'::text) AND ((s ->> 'b'::text) IS NOT NULL))", "s", [`{"a":"a","b":"a"}`]],
  ["(cardinality(l) = 2)", "l", ["{0,0}"]],
  ["(url ~~ 'https://%'::text)", "url", ["https://x"]],
  ["(d >= '2030-01-01'::date)", "d", ["2030-01-01", "2030-01-02"]],
  ["(u = upper(u))", "u", ["ALPHA"]],
];

it.each(expressions)("%s", async (expression, column, values) => {
  const hint = (await findHints(expression)).find((one) => one.column === column);
  expect(hint?.values).toEqual(expect.arrayContaining([...values]));
});

it("makes texts of a length, and texts that match, the same each time", async () => {
  const values = async (expression: string) => (await findHints(expression))[0]?.values ?? [];
  expect((await values("(length(a) = 12)")).filter(({ length }) => length === 12)).not.toEqual([]);
  const slugs = await values("(slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text)");
  expect(slugs.length).toBeGreaterThan(10);
  expect(slugs.filter((slug) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(slug))).toEqual([]);
  expect(await values("(slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text)")).toEqual(slugs);
  expect(await values("(a ~ '(?<broken'::text)")).toEqual([]);
});

it("reads values from the bounds of partitions", () => {
  const values = (text: string) => boundHints([{ columns: ["a", "b"], text }]).map((hint) => hint.values);
  expect(values("FOR VALUES IN ('x', 'it''s', NULL)")[0]).toEqual(["x", "it's"]);
  expect(values("FOR VALUES FROM (77, 5) TO (77, 9)").map(([first]) => first)).toEqual(["77", "5"]);
  expect(values("FOR VALUES FROM (MINVALUE, MINVALUE) TO (10, 20)").map((all) => all.includes("9"))).toEqual([
    true,
    false,
  ]);
  expect(values("FOR VALUES WITH (modulus 2, remainder 0)")).toEqual([]);
  expect(values("DEFAULT")).toEqual([]);
});
