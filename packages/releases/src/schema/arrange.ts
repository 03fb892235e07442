import { createHash } from "node:crypto";
import type { Catalog, CatalogObject } from "@thedata/catalog";
import { type Schema, toSchema } from "./schema.ts";

/** The kinds of objects that make up a table or view, for a program that uses it. */
export const relationKinds: ReadonlySet<CatalogObject["kind"]> = new Set([
  "table",
  "view",
  "column",
  "constraint",
  "index",
  "trigger",
  "policy",
  "rule",
]);

/** A schema with what tells whether a part of it has changed. */
export interface ArrangedSchema extends Schema {
  /** A digest of a table or view with all that belongs to it, and the enums and domains of its columns. */
  readonly contentOf: (relation: string) => string;
  /** The same with the types and functions of the schema. */
  readonly stateOf: (relation: string) => string;
}

// A history's catalogs are judged for each release.
const known = new WeakMap<Catalog, ArrangedSchema>();

/** Arranges a catalog, once. */
export function arrange(catalog: Catalog): ArrangedSchema {
  const before = known.get(catalog);
  if (before) return before;
  const made = { ...toSchema(catalog), ...digests(catalog) };
  known.set(catalog, made);
  return made;
}

function digests(catalog: Catalog): Pick<ArrangedSchema, "contentOf" | "stateOf"> {
  const shared = digestOf(catalog.filter(({ kind }) => ["enum", "domain", "function"].includes(kind)));
  const types = new Map(
    catalog.filter(({ kind }) => kind === "enum" || kind === "domain").map((one) => [one.name, one]),
  );
  const typeOf = ({ properties }: CatalogObject) => types.get(String(properties["type"]).replace(/(?:\[\])+$/, ""));
  const belongings = catalog
    .filter(({ kind }) => relationKinds.has(kind))
    .flatMap((object) => [object, typeOf(object) ?? []].flat().map((one) => ({ object: one, of: relationsOf(object) })))
    .flatMap(({ object, of }) => [...of].map((relation) => ({ relation, object })));
  const byRelation = Map.groupBy(belongings, ({ relation }) => relation);
  const contents = new Map<string, string>();
  const contentOf = (relation: string) => {
    const content = contents.get(relation) ?? digestOf((byRelation.get(relation) ?? []).map(({ object }) => object));
    contents.set(relation, content);
    return content;
  };
  return { contentOf, stateOf: (relation) => `${contentOf(relation)} ${shared}` };
}

/** What an object belongs to: its table, and the one that it refers to. */
function relationsOf({ kind, table, name, properties }: CatalogObject): Set<string> {
  const owner = kind === "table" || kind === "view" ? name : table;
  return new Set([owner, properties["references"]].filter((one) => typeof one === "string"));
}

function digestOf(objects: Catalog): string {
  const texts = objects.map(({ kind, name, properties: { owner: _owner, grants: _grants, ...properties } }) =>
    JSON.stringify([kind, name, properties]),
  );
  return createHash("sha256").update(texts.toSorted().join("\n")).digest("base64");
}
