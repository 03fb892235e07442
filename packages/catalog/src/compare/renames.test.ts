import { describe, expect, it } from "vitest";
import type { Catalog, CatalogObject } from "../catalog.ts";
import { findRenames } from "./renames.ts";
import { resemble } from "./resemble.ts";

const table = "public.pipelines";
const object = (kind: CatalogObject["kind"], name: string, properties: CatalogObject["properties"]): CatalogObject => ({
  kind,
  name,
  table: kind === "table" ? null : table,
  position: 1,
  inherited: false,
  properties,
});
const pipelines = (column: string, references?: string): Catalog => [
  object("table", table, {}),
  object("column", `${table}.${column}`, { type: "uuid" }),
  ...(references
    ? [
        object("constraint", `${table}.fk_${column}`, {
          type: "foreign key",
          definition: `FOREIGN KEY (${column}) REFERENCES public.${references}(id)`,
          columns: [column],
          references: `public.${references}`,
        }),
      ]
    : []),
];
const columnsIn = (expected: Catalog, found: Catalog) =>
  findRenames(expected, found)
    .renames.filter(({ kind }) => kind === "column")
    .map(({ to }) => to);

describe("a column is taken for a renamed one", () => {
  it("not because of its type alone", () => {
    expect(columnsIn(pipelines("data_source_id"), pipelines("org_id"))).toEqual([]);
    expect(columnsIn(pipelines("data_source_id", "data_sources"), pipelines("org_id", "organizations"))).toEqual([]);
    expect(columnsIn(pipelines("data_source_id"), pipelines("org_id", "data_sources"))).toEqual([]);
  });

  it("where it refers to the same", () => {
    const renamed = columnsIn(pipelines("owner_id", "users"), pipelines("user_id", "users"));
    expect(renamed).toEqual(["public.pipelines.owner_id"]);
  });

  it("where its name is alike", () => {
    expect(columnsIn(pipelines("source_id"), pipelines("data_source_id"))).toEqual(["public.pipelines.source_id"]);
  });
});

describe("resemble", () => {
  it.each([
    ["mail", "email", true],
    ["name", "full_name", true],
    ["createdAt", "created_at", true],
    ["created", "created_at", true],
    ["colour", "color", true],
    ["größe", "grösse", true],
    ["org_id", "data_source_id", false],
    ["id", "org_id", false],
    ["id", "uid", false],
    ["created_at", "deleted_at", false],
    ["mail", "phone", false],
    ["user_id", "owner_id", false],
  ])("%s and %s: %s", (one, other, alike) => {
    expect(resemble(one, other)).toBe(alike);
  });
});
