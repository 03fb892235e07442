import { describe, expect, it } from "vitest";
import type { CatalogObject } from "@thedata/catalog";
import { groupTables } from "./areas.ts";
import { diagramOf } from "./diagram.ts";
import { uniqueKeysOf } from "./unique-keys.ts";

const object = (
  kind: CatalogObject["kind"],
  name: string,
  table: string | null,
  properties: CatalogObject["properties"] = {},
): CatalogObject => ({ kind, name, table, position: 0, inherited: false, properties });

const table = (name: string, properties: CatalogObject["properties"] = {}) => object("table", name, null, properties);
const column = (of: string, name: string, type = "integer", notNull = true) =>
  object("column", `${of}.${name}`, of, { type, ...(notNull ? { notNull: "yes" } : {}) });
const key = (of: string, type: "primary key" | "unique", ...columns: string[]) =>
  object("constraint", `${of}.${type}`, of, { type, columns, definition: "" });
const reference = (of: string, columns: string[], to: string, rest = "") =>
  object("constraint", `${of}.fk_${columns.join("_")}`, of, {
    type: "foreign key",
    columns,
    references: to,
    referencedColumns: ["id"],
    definition: `FOREIGN KEY (${columns.join(", ")}) REFERENCES ${to}(id)${rest}`,
  });

describe("a diagram", () => {
  it.each([
    ["timestamp with time zone", "timestamptz"],
    ["timestamp(3) with time zone", "timestamptz(3)"],
    ["time without time zone", "time"],
    ["character varying(255)", "varchar(255)"],
    ["character(3)[]", "char(3)[]"],
    ["public.mood", "mood"],
    ['public."Mood"', '"Mood"'],
    ["sales.mood", "sales.mood"],
    ["numeric(10,2)", "numeric(10,2)"],
  ])("shows the type %s as %s", (type, shown) => {
    const { tables } = diagramOf([table("public.a"), column("public.a", "x", type)]);
    expect(tables[0]?.columns[0]?.type).toBe(shown);
  });

  it.each([
    ["public.users", "users"],
    ["sales.orders", "sales.orders"],
    ['public."a.b"', '"a.b"'],
    ['public."Odd ""name"""', 'Odd "name"'],
  ])("names the table %s %s", (name, shown) => {
    expect(diagramOf([table(name)]).tables[0]?.name).toBe(shown);
  });

  it.each([
    ["", "no action"],
    [" ON DELETE CASCADE", "cascade"],
    [" ON UPDATE CASCADE", "no action"],
    [" MATCH FULL ON UPDATE SET NULL ON DELETE SET NULL (a) DEFERRABLE INITIALLY DEFERRED", "set null"],
    [" ON UPDATE RESTRICT ON DELETE SET DEFAULT NOT VALID", "set default"],
    [" ON DELETE RESTRICT", "restrict"],
  ])("reads from %j what a deletion does: %s", (rest, onDelete) => {
    const { relations } = diagramOf([
      table("public.a"),
      column("public.a", "a"),
      reference("public.a", ["a"], "public.a", rest),
    ]);
    expect(relations).toMatchObject([{ onDelete }]);
  });

  it.each([
    { name: "no key: many", keys: [], cardinality: "many-to-one" },
    { name: "a unique column: one", keys: [key("public.a", "unique", "b_id")], cardinality: "one-to-one" },
    { name: "the primary key: one", keys: [key("public.a", "primary key", "b_id")], cardinality: "one-to-one" },
    { name: "part of a key: many", keys: [key("public.a", "primary key", "b_id", "n")], cardinality: "many-to-one" },
    {
      name: "a unique index: one",
      keys: [
        object("index", "public.i", "public.a", {
          unique: true,
          definition: "CREATE UNIQUE INDEX i ON public.a USING btree (b_id)",
        }),
      ],
      cardinality: "one-to-one",
    },
    {
      name: "a unique index of some rows: many",
      keys: [
        object("index", "public.i", "public.a", {
          unique: true,
          definition: "CREATE UNIQUE INDEX i ON public.a USING btree (b_id) WHERE (n > 1)",
        }),
      ],
      cardinality: "many-to-one",
    },
  ])("counts how many rows reference one: $name", ({ keys, cardinality }) => {
    const catalog = [
      table("public.a"),
      table("public.b"),
      column("public.a", "b_id"),
      reference("public.a", ["b_id"], "public.b"),
      ...keys,
    ];
    expect(diagramOf(catalog).relations).toMatchObject([{ cardinality, optional: false }]);
  });

  it("takes a relation for optional when one of its columns may be null", () => {
    const columns = [column("public.a", "x"), column("public.a", "y", "integer", false)];
    const { relations } = diagramOf([table("public.a"), ...columns, reference("public.a", ["x", "y"], "public.a")]);
    expect(relations).toMatchObject([{ optional: true, columns: ["x", "y"] }]);
  });

  it("lets a partitioned table stand for its partitions, and leaves out references to what is not there", () => {
    const part = table("public.p1", { partitionOf: "public.p", partitionBound: "DEFAULT" });
    const keys = [reference("public.a", ["p_id"], "public.p1"), reference("public.a", ["x"], "public.nowhere")];
    const { tables, relations } = diagramOf([
      table("public.a"),
      table("public.p"),
      part,
      column("public.a", "p_id"),
      ...keys,
    ]);
    expect(tables.map(({ name }) => name)).toEqual(["a", "p"]);
    expect(relations).toMatchObject([{ from: "a", to: "p" }]);
  });
});

describe("a unique index", () => {
  it.each([
    ["(a)", ["a"], "a"],
    ['(a, "B c" DESC)', ["a", "B c"], 'a, "B c" DESC'],
    ["(lower((email)::text))", null, "lower(email)"],
    ["(a) INCLUDE (b) NULLS NOT DISTINCT", ["a"], "a"],
    ["(a) WHERE (b IS NULL)", null, "a where …"],
    [`(COALESCE(a, ',)'::text), b text_pattern_ops)`, null, `COALESCE(a, ',)'::text), b text_pattern_ops`],
    ['("where (x")', ["where (x"], '"where (x"'],
  ])("on %s is of the columns %j", (definition, columns, text) => {
    const index = object("index", "public.i", "public.a", {
      unique: true,
      definition: `CREATE UNIQUE INDEX i ON public.a USING btree ${definition}`,
    });
    expect(uniqueKeysOf([index])).toEqual([{ primary: false, columns, text }]);
  });
});

describe("areas", () => {
  const tables = ["a", "b", "c", "d"].map((name) => ({ name, schema: "public" }));
  const links = [{ from: "b", to: "a" }];

  it("are the configured ones, in their order, and the rest", () => {
    const areas = groupTables(tables, links, { Two: ["d"], One: ["public.a"] });
    expect(areas).toEqual([
      { name: "Two", tables: ["d"] },
      { name: "One", tables: ["a"] },
      { name: "Other tables", tables: ["b", "c"] },
    ]);
  });

  it("are what is linked where nothing is configured", () => {
    expect(groupTables(tables, links, {})).toEqual([
      { name: "a", tables: ["a", "b"] },
      { name: "Other tables", tables: ["c", "d"] },
    ]);
  });

  it("need no name where there is only one", () => {
    expect(groupTables(tables.slice(0, 2), links, {})).toEqual([{ name: "", tables: ["a", "b"] }]);
    expect(groupTables([], [], {})).toEqual([]);
  });

  it("are the schemas where there are several", () => {
    const more = [...tables.slice(0, 1), { name: "sales.x", schema: "sales" }];
    expect(groupTables(more, [], {}).map(({ name }) => name)).toEqual(["public", "sales"]);
  });

  it.each([
    [{ Wrong: ["orderz"] }, /"Wrong" names the table "orderz", which is not at the head.*is orders meant/],
    [{ Wrong: ["zebra"] }, /"zebra", which is not at the head of the migrations; write it/],
    [{ One: ["orders"], Two: ["orders"] }, /"orders" in the area "One" and in "Two"/],
  ])("refuse %j", (configured, message) => {
    expect(() => groupTables([{ name: "orders", schema: "public" }], [], configured)).toThrow(message);
  });
});
