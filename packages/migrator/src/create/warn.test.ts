import { describe, expect, it } from "vitest";
import type { Catalog, CatalogObject } from "@thedata/catalog";
import { findWarnings } from "./warn.ts";

const object = (kind: CatalogObject["kind"], name: string, properties: CatalogObject["properties"] = {}) =>
  ({
    kind,
    name,
    table: kind === "table" ? null : "public.a",
    position: 1,
    inherited: false,
    properties,
  }) as CatalogObject;
const rest: Catalog = [object("table", "public.a"), object("column", "public.a.role")];
const checked = (definition: string): Catalog => [
  ...rest,
  object("constraint", "public.a.ck", { type: "check", columns: ["role"], definition }),
];
const list = (...values: string[]) =>
  `CHECK (((role)::text = ANY (ARRAY[${values.map((value) => `('${value}'::character varying)::text`).join(", ")}])))`;

/** The warnings about a check that replaces another. */
async function warningsOf(before: string, after: string): Promise<string[]> {
  const catalogs = { before: checked(before), after: checked(after) };
  const found = await findWarnings(["alter table a add constraint ck check (true)"], catalogs);
  return found.map(({ message }) => message);
}

describe("a check that changes", () => {
  it.each([
    ["a list with one more value", list("a", "b"), list("a", "b", "c")],
    ["a list in another order", list("a", "b"), list("b", "a")],
    ["values with brackets and quotes", list("(odd]", "it''s"), list("(odd]", "it''s", "b")],
  ])("is no reason to warn: %s", async (_, before, after) => {
    expect(await warningsOf(before, after)).toEqual([]);
  });

  it.each([
    ["a list with one value less", list("a", "b"), list("a")],
    ["one more value that is forbidden", "CHECK ((role <> 'a'))", "CHECK (((role <> 'a') AND (role <> 'b')))"],
    ["a list of forbidden values", "CHECK ((role <> ALL (ARRAY['a'])))", "CHECK ((role <> ALL (ARRAY['a', 'b'])))"],
    [
      "a list that is turned round",
      "CHECK ((role = ANY (ARRAY['a', 'b'])))",
      "CHECK ((NOT (role = ANY (ARRAY['a', 'b']))))",
    ],
    ["a list of another column", "CHECK ((role = ANY (ARRAY['a', 'b'])))", "CHECK ((kind = ANY (ARRAY['a', 'b'])))"],
    ["one more condition", list("a", "b"), `${list("a", "b").slice(0, -1)} AND (length(role) > 1))`],
  ])("is warned of: %s", async (_, before, after) => {
    expect(await warningsOf(before, after)).toEqual([expect.stringContaining("breaks ck")]);
  });
});

describe("a new required column", () => {
  it.each([
    ["n serial not null", 0],
    ["n bigserial primary key", 0],
    ["n int not null", 1],
  ])("of %s has %i warnings", async (column, count) => {
    const catalogs = { before: rest, after: rest };
    expect(await findWarnings([`alter table a add column ${column}`], catalogs)).toHaveLength(count);
  });
});
