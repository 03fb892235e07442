import type { Catalog, CatalogObject, Property, Kind } from "../catalog.ts";
import { compareCatalogs, type Difference } from "./compare.ts";
import { lastPart, qualifierOf, replaceIdentifier, unquote } from "../sql/names.ts";
import { resemble } from "./resemble.ts";

/** An object whose name differs from the expected one and which is otherwise the same. */
export interface Rename {
  readonly kind: Kind;
  /** The table that it belongs to, or null. */
  readonly table: string | null;
  /** Both fully qualified: `public.users.mail`, `public.users.email`. */
  readonly from: string;
  readonly to: string;
}

const renamable: readonly Kind[] = ["table", "column", "sequence", "constraint", "index", "trigger", "policy"];

/**
 * Finds objects of these kinds that were only renamed, and gives the catalog with these names corrected. Leave out
 * tables and columns where the new one may hold other rows.
 */
export function findRenames(
  expected: Catalog,
  found: Catalog,
  kinds: readonly Kind[] = renamable,
): { renames: Rename[]; renamed: Catalog } {
  const renames: Rename[] = [];
  let renamed = found;
  for (;;) {
    const rename = findRename(expected, renamed, compareCatalogs(expected, renamed), kinds);
    if (!rename) return { renames, renamed };
    renames.push(rename);
    renamed = applyRename(renamed, rename);
  }
}

function findRename(
  expected: Catalog,
  found: Catalog,
  differences: readonly Difference[],
  kinds: readonly Kind[],
): Rename | undefined {
  for (const kind of kinds) {
    const missing = differences.flatMap((one) =>
      one.kind === kind && one.expected && !one.found ? [one.expected] : [],
    );
    const extra = differences.flatMap((one) => (one.kind === kind && one.found && !one.expected ? [one.found] : []));
    for (const object of extra) {
      const same = missing.filter((other) => isSame(other, object, expected, found));
      const twins = extra.filter((other) => same[0] && isSame(same[0], other, expected, found));
      if (same.length === 1 && same[0] && twins.length === 1)
        return { kind, table: object.table, from: object.name, to: same[0].name };
    }
  }
  return undefined;
}

function isSame(one: CatalogObject, other: CatalogObject, expected: Catalog, found: Catalog): boolean {
  if (one.table !== other.table) return false;
  // An object with another schema and another name is another object.
  const [moved, named] = [
    qualifierOf(one.name) !== qualifierOf(other.name),
    lastPart(one.name) !== lastPart(other.name),
  ];
  if (moved && (named || one.kind !== "table")) return false;
  if (shapeOf(one) !== shapeOf(other)) return false;
  // The type is not enough: many columns share it, and a wrong match would put one column's rows under another name.
  if (one.kind === "column") return isAlike(one, other) || haveSameConstraints(one, expected, other, found);
  return one.kind !== "table" || columnsOf(one, expected) === columnsOf(other, found);
}

function isAlike(one: CatalogObject, other: CatalogObject): boolean {
  return resemble(unquote(lastPart(one.name)), unquote(lastPart(other.name)));
}

function haveSameConstraints(one: CatalogObject, expected: Catalog, other: CatalogObject, found: Catalog): boolean {
  const own = constraintsOn(one, expected);
  return own !== "" && own === constraintsOn(other, found);
}

/** The definitions of a column's constraints without the column's name. */
function constraintsOn(column: CatalogObject, catalog: Catalog): string {
  const name = lastPart(column.name);
  const own = catalog.filter((object) => {
    const columns = object.kind === "constraint" && object.table === column.table && object.properties["columns"];
    return Array.isArray(columns) && columns.includes(unquote(name));
  });
  const definitions = own.map(({ properties }) => replaceIdentifier(String(properties["definition"]), name, ""));
  return definitions.toSorted().join("\n");
}

/** An object's properties as text, without its own name. */
export function shapeOf({ name, properties }: CatalogObject): string {
  const own = lastPart(name);
  return JSON.stringify(Object.entries(properties).toSorted(), (_, value: unknown) =>
    typeof value === "string" ? replaceIdentifier(value, own, "") : value,
  );
}

function columnsOf(table: CatalogObject, catalog: Catalog): string {
  const columns = catalog.filter((object) => object.kind === "column" && object.table === table.name);
  // Defaults are left out: a serial column's default names a sequence that contains the table's name.
  return columns
    .map((column) => `${lastPart(column.name)} ${String(column.properties["type"])}`)
    .toSorted()
    .join();
}

/** The catalog after a rename, as PostgreSQL would show it: objects that mention the renamed one follow. */
export function applyRename(catalog: Catalog, rename: Rename): Catalog {
  if (isMove(rename)) return [rename, ...companionsOf(catalog, rename)].reduce(applyOne, catalog);
  return applyOne(catalog, rename);
}

/** Whether the rename is a move to another schema. */
export function isMove({ kind, from, to }: Rename): boolean {
  return kind === "table" && qualifierOf(from) !== qualifierOf(to);
}

/** A table's indexes and its columns' sequences move with it. */
function companionsOf(catalog: Catalog, { from, to }: Rename): Rename[] {
  return catalog.flatMap(({ kind, table, name, properties }) => {
    const own =
      kind === "index" ? table === from : kind === "sequence" && qualifierOf(String(properties["ownedBy"])) === from;
    if (!own) return [];
    // Treated as a table, so that everything that mentions its full name follows.
    return [{ kind: "table" as const, table: null, from: name, to: `${qualifierOf(to)}.${lastPart(name)}` }];
  });
}

function applyOne(catalog: Catalog, rename: Rename): Catalog {
  return catalog.map((object) => {
    const change = (text: string) => renameIn(text, object, rename);
    const map = (value: Property): Property =>
      typeof value === "string" ? change(value) : Array.isArray(value) ? value.map(change) : value;
    const entries = Object.entries(object.properties).map(([key, value]) => [key, map(value)] as const);
    return {
      ...object,
      name: renameObject(object.name, object, rename),
      table:
        object.table && rename.kind === "table"
          ? replaceIdentifier(object.table, rename.from, rename.to)
          : object.table,
      properties: Object.fromEntries(entries),
    };
  });
}

function renameObject(name: string, object: CatalogObject, { kind, from, to }: Rename): string {
  if (kind === "table" || object.kind === "comment") return replaceIdentifier(name, from, to);
  return object.kind === kind && name === from ? to : name;
}

function renameIn(text: string, object: CatalogObject, { kind, table, from, to }: Rename): string {
  const [old, next] = [lastPart(from), lastPart(to)];
  if (kind === "table") {
    const replaced = replaceIdentifier(text, from, to);
    // In a query without an alias for the table, columns are qualified by the table's name.
    return replaced === text ? text : replaceIdentifier(replaced, old, next);
  }
  if (kind !== "column") return object.name === from ? replaceIdentifier(text, old, next) : text;
  if (!mentions(object, table)) return text;
  if (text === unquote(old)) return unquote(next);
  const replaced = replaceIdentifier(text, old, next);
  // A view keeps the names of its own columns.
  return object.kind === "view" ? replaced.replaceAll(`${next} AS ${next}`, next) : replaced;
}

function mentions({ table, properties }: CatalogObject, name: string | null): boolean {
  return name !== null && (table === name || JSON.stringify(properties).includes(name));
}

/** The SQL statement of a rename. */
export function renameStatement({ kind, table, from, to }: Rename): string {
  const [old, next] = [lastPart(from), lastPart(to)];
  switch (kind) {
    case "column":
      return `alter table ${table} rename column ${old} to ${next}`;
    case "constraint":
      return `alter table ${table} rename constraint ${old} to ${next}`;
    case "trigger":
    case "policy":
      return `alter ${kind} ${old} on ${table} rename to ${next}`;
    case "table":
      if (qualifierOf(from) !== qualifierOf(to)) return `alter table ${from} set schema ${qualifierOf(to)}`;
      return `alter table ${from} rename to ${next}`;
    default:
      return `alter ${kind} ${from} rename to ${next}`;
  }
}
