import { distance } from "fastest-levenshtein";
import type { Catalog, CatalogObject } from "@thedata/catalog";
import { lastPart, partsOf, unquote } from "@thedata/catalog/sql";

/** A dropped table or column, and the new ones that could be the same under another name. */
export interface Candidate {
  readonly kind: "table" | "column";
  readonly from: CatalogObject;
  /** The likeliest first; never empty. */
  readonly to: readonly CatalogObject[];
}

/** Finds tables and columns that may have been renamed between two schemas, tables first. */
export function findCandidates(before: Catalog, after: Catalog): Candidate[] {
  return [...findTables(before, after), ...findColumns(before, after)];
}

/**
 * Objects of a kind that `one` has and `other` has not, without partitions and inherited columns, which follow their
 * parent.
 */
export function missingIn(other: Catalog, one: Catalog, kind: Candidate["kind"]): CatalogObject[] {
  const names = new Set(other.filter((object) => object.kind === kind).map(({ name }) => name));
  return one.filter(
    (object) =>
      object.kind === kind && !names.has(object.name) && !object.inherited && !object.properties["partitionOf"],
  );
}

function findTables(before: Catalog, after: Catalog): Candidate[] {
  const added = missingIn(before, after, "table");
  return missingIn(after, before, "table").flatMap((from) => {
    const alike = added
      .map((to) => ({ to, share: sharedColumns(columnsOf(from, before), columnsOf(to, after)) }))
      .filter(({ to, share }) => share >= 0.5 && schemaOf(from) === schemaOf(to))
      .toSorted((a, b) => b.share - a.share || nearness(from, a.to) - nearness(from, b.to));
    return alike.length > 0 ? [{ kind: "table", from, to: alike.map(({ to }) => to) } as const] : [];
  });
}

const schemaOf = ({ name }: CatalogObject) => partsOf(name)[0];

const nearness = (a: CatalogObject, b: CatalogObject) => distance(lastPart(a.name), lastPart(b.name));

function columnsOf(table: CatalogObject, catalog: Catalog): string[] {
  const columns = catalog.filter(({ kind, table: owner }) => kind === "column" && owner === table.name);
  return columns.map((column) => `${lastPart(column.name)} ${familyOf(column)}`);
}

/** The common columns' share of the larger table, from 0 to 1. */
function sharedColumns(one: readonly string[], other: readonly string[]): number {
  return one.filter((column) => other.includes(column)).length / Math.max(one.length, other.length, 1);
}

function findColumns(before: Catalog, after: Catalog): Candidate[] {
  const added = missingIn(before, after, "column");
  return missingIn(after, before, "column").flatMap((from) => {
    const alike = added
      .filter((to) => to.table === from.table && familyOf(to) === familyOf(from))
      .toSorted((a, b) => nearness(from, a) - nearness(from, b));
    return alike.length > 0 ? [{ kind: "column", from, to: alike } as const] : [];
  });
}

const families: readonly RegExp[] = [
  /^(text|character|bpchar|citext)/,
  /^(smallint|integer|bigint|numeric|real|double precision)/,
  /^(date|timestamp)/,
  /^jsonb?$/,
];

/** Types between which a value keeps its meaning are one family. */
function familyOf(column: CatalogObject): string {
  const type = String(column.properties["type"]);
  if (type.endsWith("[]")) return type;
  return String(families.find((family) => family.test(type)) ?? type);
}

/** Whether a typed name, with or without its schema and table, means the object of this full name. */
export function means(typed: readonly string[], name: string): boolean {
  const parts = partsOf(name).map(unquote);
  return (
    typed.length <= parts.length && typed.every((part, index) => part === parts[parts.length - typed.length + index])
  );
}
