import type { CatalogObject } from "@thedata/catalog";
import { columnsOf, type Schema } from "./schema.ts";

/** A key or a unique index of a table. */
export interface Unique {
  readonly name: string;
  readonly columns: readonly string[];
  /** What the server calls it, without its name. */
  readonly definition: string;
  /** True: it counts for each row and each value as it is. */
  readonly plain: boolean;
}

/** What keeps rows of a table unique. */
export function uniquesOf(schema: Schema, table: string): Unique[] {
  const constraints = schema
    .of("constraint", table)
    .filter(({ properties }) => ["unique", "primary key"].includes(String(properties["type"])));
  const indexes = schema.of("index", table).filter(({ properties }) => properties["unique"] && !properties["invalid"]);
  return [...constraints, ...indexes].map(toUnique);
}

function toUnique(object: CatalogObject): Unique {
  const { name, kind, properties } = object;
  const text = String(properties["definition"]);
  const definition = text.replace(/^CREATE UNIQUE INDEX .*? USING /, "");
  return {
    name,
    columns: columnsOf(object),
    definition,
    plain:
      kind === "constraint" ? !/ DEFERRABLE/.test(text) : /^btree \([^()]*\)(?: NULLS NOT DISTINCT)?$/.test(definition),
  };
}

/** The columns of each unique of a table that ON CONFLICT can name, by their own names. */
export function plainUniques(schema: Schema, table: string): (readonly string[])[] {
  return uniquesOf(schema, table).flatMap(({ plain, columns }) => (plain ? [columns] : []));
}
