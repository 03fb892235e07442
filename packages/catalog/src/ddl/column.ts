import { guardOf } from "./cast-guard.ts";
import type { Catalog, CatalogObject } from "../catalog.ts";
import { isAssigned } from "../sql/column-types.ts";
import { changeGrants, changeOptions, join, type DdlBuilder, sequenceOptions, text } from "./parts.ts";
import { lastPart } from "../sql/names.ts";

/** DDL builder for columns of existing tables. */
export const columns: DdlBuilder = {
  create: (object, catalog) => [
    `alter table ${object.table} add column ${defineColumn(object, catalog)}`,
    ...ownSequences(object, catalog),
    ...afterColumn(object),
  ],
  drop: (object) => [`alter table ${object.table} drop column ${lastPart(object.name)}`],
  alter(expected, found, changed, catalog) {
    // A generation expression can only be dropped, not added or changed.
    const generation =
      changed.includes("generated") || (changed.includes("default") && expected.properties["generated"]);
    if (generation && expected.properties["generated"]) return undefined;
    const alter = (clause: string) => `alter table ${expected.table} alter column ${lastPart(expected.name)} ${clause}`;
    const type = changed.some((property) => property === "type" || property === "collation");
    return [
      ...(generation ? [alter("drop expression")] : []),
      ...(found.properties["identity"] && !expected.properties["identity"] ? [alter("drop identity")] : []),
      ...((type || changed.includes("default")) && found.properties["default"] && !generation
        ? [alter("drop default")]
        : []),
      ...(type ? changeType(expected, found, alter, catalog) : []),
      ...changeNull(expected, changed, alter),
      ...((type || changed.includes("default")) && expected.properties["default"]
        ? [alter(`set default ${text(expected, "default")}`)]
        : []),
      ...changeIdentity(expected, found, changed, alter, catalog),
      ...changeStorage(expected, found, changed, alter),
      ...(changed.includes("grants") ? changeGrants(expected, found) : []),
    ];
  },
};

function changeType(
  expected: CatalogObject,
  found: CatalogObject,
  alter: (clause: string) => string,
  catalog: Catalog,
): string[] {
  const [from, to] = [text(found, "type"), text(expected, "type")];
  const column = lastPart(expected.name);
  const collate = expected.properties["collation"] ? ` collate ${text(expected, "collation")}` : "";
  const toEnum = catalog.some(({ kind, name }) => kind === "enum" && name === to);
  const guard = guardOf({ table: expected.table ?? "", column, from, to, toEnum });
  // An explicit cast would cut long values; PostgreSQL's own assignment cast refuses them.
  const cast = isAssigned(from, to) ? "" : ` using ${column}::${to}`;
  return [...(guard === undefined ? [] : [guard]), alter(`type ${to}${collate}${cast}`)];
}

function changeNull(expected: CatalogObject, changed: readonly string[], alter: (clause: string) => string): string[] {
  if (!changed.includes("notNull")) return [];
  return [alter(expected.properties["notNull"] ? "set not null" : "drop not null")];
}

function changeIdentity(
  expected: CatalogObject,
  found: CatalogObject,
  changed: readonly string[],
  alter: (clause: string) => string,
  catalog: Catalog,
): string[] {
  const identity = text(expected, "identity");
  if (!changed.includes("identity") || !identity) return [];
  return found.properties["identity"]
    ? [alter(`set generated ${identity}`)]
    : [alter(`add generated ${identity} as identity${identityOptions(expected, catalog)}`)];
}

function changeStorage(
  expected: CatalogObject,
  found: CatalogObject,
  changed: readonly string[],
  alter: (clause: string) => string,
): string[] {
  return changed.flatMap((property) => {
    if (property === "storage") return [alter(`set storage ${text(expected, property) || usualStorage(expected)}`)];
    if (property === "compression") return [alter(`set compression ${text(expected, property) || "default"}`)];
    if (property === "statistics") return [alter(`set statistics ${text(expected, property) || "-1"}`)];
    if (property !== "options") return [];
    return changeOptions(`table ${expected.table} alter column ${lastPart(expected.name)}`, expected, found).map(
      (sql) => sql.replace(/^alter (table \S+ alter column \S+) /, "alter $1 "),
    );
  });
}

/** The default storage of the column's type; `set storage default` exists only from PostgreSQL 16 on. */
function usualStorage(column: CatalogObject): string {
  return /^(numeric|inet|cidr)/.test(text(column, "type")) ? "main" : "extended";
}

/** A column's definition for CREATE TABLE and ADD COLUMN. */
export function defineColumn(column: CatalogObject, catalog: Catalog): string {
  const { collation, generated, identity, notNull } = column.properties;
  const expression = text(column, "default");
  return join(
    `${lastPart(column.name)} ${text(column, "type")}`,
    collation ? `collate ${String(collation)}` : "",
    generated ? `generated always as (${expression}) ${String(generated)}` : expression && `default ${expression}`,
    identity ? `generated ${String(identity)} as identity${identityOptions(column, catalog)}` : "",
    notNull && !identity ? "not null" : "",
  );
}

function identityOptions(column: CatalogObject, catalog: Catalog): string {
  const sequence = catalog.find(
    (one) => one.kind === "sequence" && one.properties["identity"] && one.properties["ownedBy"] === column.name,
  );
  return sequence ? ` (sequence name ${sequence.name} ${sequenceOptions(sequence)})` : "";
}

/**
 * Makes the column own its serial sequence, which is created before the table, so that it is dropped with the column.
 */
export function ownSequences(column: CatalogObject, catalog: Catalog): string[] {
  const owned = catalog.filter(
    (one) => one.kind === "sequence" && !one.properties["identity"] && one.properties["ownedBy"] === column.name,
  );
  return owned.map((sequence) => `alter sequence ${sequence.name} owned by ${column.name}`);
}

/** Statements for properties that CREATE TABLE and ADD COLUMN cannot set. */
export function afterColumn(column: CatalogObject): string[] {
  const plain = { ...column, properties: {} };
  const set = ["storage", "compression", "statistics", "options", "grants"].filter(
    (property) => column.properties[property] !== undefined,
  );
  return set.length > 0 ? (columns.alter?.(column, plain, set, []) ?? []) : [];
}
