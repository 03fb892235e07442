import { createHash } from "node:crypto";
import type { Catalog, CatalogObject, Kind } from "../catalog.ts";

/** An object in which two catalogs differ. */
export interface Difference {
  readonly kind: Kind;
  readonly name: string;
  /** Null: it should not be there. */
  readonly expected: CatalogObject | null;
  /** Null: it is missing. */
  readonly found: CatalogObject | null;
}

/** SHA-256 of a catalog, in hex: equal for equal schemas, on every version of PostgreSQL. */
export function fingerprint(catalog: Catalog): string {
  const compared = catalog.map(({ kind, name, properties }) => [kind, name, sorted(properties)]);
  return createHash("sha256").update(JSON.stringify(compared)).digest("hex");
}

function sorted(properties: CatalogObject["properties"]): unknown[] {
  return Object.entries(properties).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** The objects in which `found` differs from `expected`, by name, in the catalogs' order. */
export function compareCatalogs(expected: Catalog, found: Catalog): Difference[] {
  const there = new Map(found.map((object) => [keyOf(object), object]));
  const wanted = new Map(expected.map((object) => [keyOf(object), object]));
  const keys = new Set([...wanted.keys(), ...there.keys()]);
  return [...keys].flatMap((key): Difference[] => {
    const [one = null, other = null] = [wanted.get(key), there.get(key)];
    const object = one ?? other;
    if (!object || (one && other && changedProperties(one, other).length === 0)) return [];
    return [{ kind: object.kind, name: object.name, expected: one, found: other }];
  });
}

function keyOf({ kind, name }: CatalogObject): string {
  return `${kind} ${name}`;
}

/**
 * The names of the properties in which `found` differs from `expected`. A materialized view that was filled later is no
 * difference: its content is data.
 */
export function changedProperties(expected: CatalogObject, found: CatalogObject): string[] {
  const names = new Set([...Object.keys(expected.properties), ...Object.keys(found.properties)]);
  const text = (object: CatalogObject, name: string) => JSON.stringify(object.properties[name]);
  const isFilled = (name: string) => name === "unpopulated" && found.properties[name] === undefined;
  return [...names].filter((name) => text(expected, name) !== text(found, name) && !isFilled(name)).toSorted();
}
