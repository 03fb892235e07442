import type { Catalog, CatalogObject } from "@thedata/catalog";
import { partsOf, unquote } from "@thedata/catalog/sql";
import { type Area, type AreaNames, groupTables } from "./areas.ts";
import { type UniqueKey, uniqueKeysOf } from "./unique-keys.ts";

/** A column as the picture shows it. */
export interface DiagramColumn {
  readonly name: string;
  /** PostgreSQL's name, shortened where long: `timestamptz`, `varchar(255)`. */
  readonly type: string;
  readonly nullable: boolean;
  readonly primaryKey: boolean;
  readonly foreignKey: boolean;
  /** True for a unique key of this column alone; keys of several columns are in the table's `uniques`. */
  readonly unique: boolean;
}

/** A table; a partitioned table also represents its partitions. */
export interface DiagramTable {
  /** Without `public`, and without quotes unless it contains a dot; unique in the diagram. */
  readonly name: string;
  readonly schema: string;
  readonly columns: readonly DiagramColumn[];
  /** Unique keys of several columns, with expressions or of some rows only: `user_id, role_id`. */
  readonly uniques: readonly string[];
}

/** A foreign key, from its table to the referenced one. */
export interface Relation {
  readonly from: string;
  readonly columns: readonly string[];
  readonly to: string;
  readonly referencedColumns: readonly string[];
  readonly cardinality: "many-to-one" | "one-to-one";
  /** True: a row may reference nothing. */
  readonly optional: boolean;
  readonly onDelete: "no action" | "restrict" | "cascade" | "set null" | "set default";
}

/** The content of a picture of a schema, in the order in which it is written. */
export interface Diagram {
  readonly areas: readonly Area[];
  readonly tables: readonly DiagramTable[];
  readonly relations: readonly Relation[];
}

/** Makes a diagram from a catalog. Throws an `AreasError` when `areas` names an unknown table, or one table twice. */
export function diagramOf(catalog: Catalog, areas: AreaNames = {}): Diagram {
  const parts = collectParts(catalog);
  const parents = new Map(
    catalog.filter(({ kind }) => kind === "table").map(({ name, properties }) => [name, properties["partitionOf"]]),
  );
  const tables = [...parents]
    .filter(([, parent]) => parent === undefined)
    .map(([name]) => toTable(name, parts.get(name) ?? noParts));
  const names = new Set(tables.map(({ name }) => name));
  const relations = catalog
    .filter(isForeignKey)
    .map((key) => toRelation(key, parts.get(key.table ?? "") ?? noParts, parents))
    .filter(({ from, to }) => names.has(from) && names.has(to));
  return { areas: groupTables(tables, relations, areas), tables, relations };
}

interface Parts {
  /** In the order of the table. */
  readonly columns: readonly CatalogObject[];
  readonly keys: readonly UniqueKey[];
  readonly foreign: ReadonlySet<string>;
}

const noParts: Parts = { columns: [], keys: [], foreign: new Set() };

/** Each table's columns and keys, by the table's qualified name. */
function collectParts(catalog: Catalog): Map<string | null, Parts> {
  const owned = [...Map.groupBy(catalog, ({ table }) => table)];
  return new Map(
    owned.map(([table, own]) => [
      table,
      {
        columns: own.filter(({ kind }) => kind === "column").toSorted((a, b) => a.position - b.position),
        keys: uniqueKeysOf(own),
        foreign: new Set(own.filter(isForeignKey).flatMap((key) => list(key, "columns"))),
      },
    ]),
  );
}

function toTable(name: string, { columns, keys, foreign }: Parts): DiagramTable {
  const primary = new Set(keys.find((key) => key.primary)?.columns);
  const single = new Set(keys.filter((key) => !key.primary && isPlain(key)).flatMap((key) => key.columns ?? []));
  return {
    name: labelOf(name),
    schema: unquote(partsOf(name)[0] ?? ""),
    columns: columns.map((column): DiagramColumn => {
      const label = lastLabel(column.name);
      return {
        name: label,
        type: shortenType(String(column.properties["type"])),
        nullable: column.properties["notNull"] === undefined,
        primaryKey: primary.has(label),
        foreignKey: foreign.has(label),
        unique: single.has(label),
      };
    }),
    uniques: keys.filter((key) => !key.primary && !isPlain(key)).map(({ text }) => text),
  };
}

function isPlain({ columns }: UniqueKey): boolean {
  return columns?.length === 1;
}

function isForeignKey({ kind, properties }: CatalogObject): boolean {
  return kind === "constraint" && properties["type"] === "foreign key";
}

type Parents = ReadonlyMap<string, unknown>;

function toRelation(key: CatalogObject, { columns: all, keys }: Parts, parents: Parents): Relation {
  const columns = list(key, "columns");
  const nullable = all.filter(({ properties }) => properties["notNull"] === undefined);
  return {
    from: labelOf(key.table ?? ""),
    columns,
    to: labelOf(rootOf(String(key.properties["references"]), parents)),
    referencedColumns: list(key, "referencedColumns"),
    cardinality: keys.some((one) => one.columns?.every((column) => columns.includes(column)))
      ? "one-to-one"
      : "many-to-one",
    optional: nullable.some(({ name }) => columns.includes(lastLabel(name))),
    onDelete: onDeleteOf(String(key.properties["definition"])),
  };
}

/** The top partitioned table of a partition; for any other table, the table itself. */
function rootOf(name: string, parents: Parents): string {
  const parent = parents.get(name);
  return typeof parent === "string" ? rootOf(parent, parents) : name;
}

function onDeleteOf(definition: string): Relation["onDelete"] {
  const rule =
    /\) (?:MATCH FULL )?(?:ON UPDATE [A-Z]+(?: NULL| DEFAULT| ACTION)? )?ON DELETE (CASCADE|SET NULL|SET DEFAULT|RESTRICT)/;
  return (rule.exec(definition)?.[1]?.toLowerCase() ?? "no action") as Relation["onDelete"];
}

function list({ properties }: CatalogObject, name: string): readonly string[] {
  return (properties[name] ?? []) as readonly string[];
}

function lastLabel(name: string): string {
  return unquote(partsOf(name).at(-1) ?? name);
}

/** A qualified name without `public`, and without quotes unless a part contains a dot. */
function labelOf(name: string): string {
  const parts = partsOf(name);
  const shown = parts[0] === "public" && parts.length > 1 ? parts.slice(1) : parts;
  return shown.map((part) => (part.includes(".") ? part : unquote(part))).join(".");
}

const shortTypes: readonly (readonly [RegExp, string])[] = [
  [/\bcharacter varying\b/g, "varchar"],
  [/\bcharacter\b/g, "char"],
  [/\bbit varying\b/g, "varbit"],
  [/\b(timestamp|time)(\(\d\))? with time zone\b/g, "$1tz$2"],
  [/\b(timestamp|time)(\(\d\))? without time zone\b/g, "$1$2"],
  [/(?<![\w".])public\./g, ""],
];

/** Shortens a type's name; a quoted name is user-defined and only loses `public`. */
function shortenType(type: string): string {
  if (type.includes('"')) return type.replaceAll(/(?<![\w".])public\.(?=")/g, "");
  return shortTypes.reduce((text, [long, short]) => text.replaceAll(long, short), type);
}
