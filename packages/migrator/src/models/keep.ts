import type { Catalog, CatalogObject } from "@thedata/catalog";
import { lastPart, partsOf, unquote } from "@thedata/catalog/sql";

/** Columns and tables that stay although the models no longer map them: released models do. */
export interface Kept {
  /** By table and column, as `public.items note`; without quotes. */
  readonly columns: ReadonlyMap<string, KeptColumn>;
  /** As `public.items`, without quotes. */
  readonly tables: ReadonlySet<string>;
}

/** What the releases that map a column take. */
export interface KeptColumn {
  /** True: every one of them takes null. */
  readonly nullable: boolean;
  /** A value that they take, where they list values; null: they list none. */
  readonly item: string | null;
}

/**
 * Leaves the kept ones out of MikroORM's statements. A new row of the models has no value for a kept column: in place of
 * its DROP come the statements with which both can live, a default or a dropped NOT NULL.
 */
export function keep(statements: readonly string[], kept: Kept, before: Catalog): string[] {
  const unmapped = findUnmapped(statements, kept);
  return statements.flatMap((statement) => keepOne(statement, { kept, unmapped, before }));
}

interface Keeping {
  readonly kept: Kept;
  /** The kept tables, and kept columns by table, that the models do not map. */
  readonly unmapped: ReadonlySet<string>;
  readonly before: Catalog;
}

const tableDrop = /^drop table if exists (\S+)(?: cascade)?$/;
const columnDrops = /^alter table (\S+) (drop column .*)$/;

/** What MikroORM would drop: all else the models map, and its constraints and indexes are theirs to change. */
function findUnmapped(statements: readonly string[], kept: Kept): ReadonlySet<string> {
  const names = statements.flatMap((statement) => {
    const [, dropped] = tableDrop.exec(statement) ?? [];
    if (dropped !== undefined) return [nameOf(dropped)];
    const [, table = "", clauses = ""] = columnDrops.exec(statement) ?? [];
    return columnsIn(clauses).map((column) => `${nameOf(table)} ${unquote(column)}`);
  });
  return new Set(names.filter((name) => kept.tables.has(name) || kept.columns.has(name)));
}

function columnsIn(clauses: string): string[] {
  return [...clauses.matchAll(/drop column (?:if exists )?("(?:[^"]|"")+")/g)].map(([, name = ""]) => name);
}

function keepOne(statement: string, keeping: Keeping): string[] {
  const [, dropped] = tableDrop.exec(statement) ?? [];
  if (dropped !== undefined) return keeping.unmapped.has(nameOf(dropped)) ? [] : [statement];
  const [, table, clauses] = columnDrops.exec(statement) ?? [];
  if (table !== undefined && clauses !== undefined) return keepColumns(table, columnsIn(clauses), keeping);
  return belongsToUnmapped(statement, keeping) ? [] : [statement];
}

function keepColumns(table: string, names: readonly string[], keeping: Keeping): string[] {
  const isKept = (name: string) => keeping.unmapped.has(`${nameOf(table)} ${unquote(name)}`);
  const gone = names.filter((name) => !isKept(name)).map((name) => `drop column ${name}`);
  return [
    ...(gone.length > 0 ? [`alter table ${table} ${gone.join(", ")}`] : []),
    ...names.filter(isKept).flatMap((name) => relax(table, name, keeping)),
  ];
}

/** Lets a row have no value for the column, in a way that its readers take. */
function relax(table: string, name: string, { kept, before }: Keeping): string[] {
  const key = `${nameOf(table)} ${unquote(name)}`;
  const column = before.find((one) => one.kind === "column" && keyOf(one) === key);
  const { nullable, item } = kept.columns.get(key) ?? { nullable: true, item: null };
  if (!column || column.properties["notNull"] === undefined || hasValue(column)) return [];
  const value = nullable ? undefined : item === null ? defaultFor(column, before) : literal(item);
  return value === undefined
    ? [`alter table ${table} alter column ${name} drop not null`]
    : [`alter table ${table} alter column ${name} set default ${value}`];
}

function keyOf({ table, name }: CatalogObject): string {
  return `${nameOf(table ?? "")} ${unquote(lastPart(name))}`;
}

function hasValue({ properties }: CatalogObject): boolean {
  return ["default", "identity", "generated"].some((key) => properties[key] !== undefined);
}

const literal = (value: string) => `'${value.replaceAll("'", "''")}'`;

const defaults: readonly (readonly [RegExp, string])[] = [
  [/^(?:smallint|integer|bigint|numeric|real|double|money|interval|oid)/, "'0'"],
  [/^(?:text|character|bpchar|name|citext|public\.citext|bytea)/, "''"],
  [/^boolean$/, "false"],
  [/^timestamp/, "now()"],
  [/^date$/, "current_date"],
  [/^time/, "'00:00'"],
  [/^jsonb?$|\[\]$/, "'{}'"],
  [/^uuid$/, "gen_random_uuid()"],
];

/** A value that says little, as SQL; undefined: there is none, as for a reference to another row. */
function defaultFor(column: CatalogObject, before: Catalog): string | undefined {
  const type = String(column.properties["type"]);
  const name = lastPart(column.name);
  const refers = before.some(
    ({ table, properties }) =>
      table === column.table &&
      properties["references"] !== undefined &&
      [properties["columns"] ?? []].flat().includes(name),
  );
  if (refers) return undefined;
  const [value] = [before.find((one) => one.kind === "enum" && one.name === type)?.properties["values"] ?? []].flat();
  return value === undefined ? defaults.find(([pattern]) => pattern.test(type))?.[1] : literal(String(value));
}

/** True for the drop of an index or constraint that has a column, or a table, which stays and the models do not map. */
function belongsToUnmapped(statement: string, { unmapped, before }: Keeping): boolean {
  const [, name] = /^(?:drop index|alter table \S+ drop constraint)(?: if exists)? (\S+)$/.exec(statement) ?? [];
  const last = name === undefined ? undefined : unquote(lastPart(name));
  const object = before.find(
    ({ kind, name: full }) => (kind === "index" || kind === "constraint") && unquote(lastPart(full)) === last,
  );
  if (!object) return false;
  const table = nameOf(object.table ?? "");
  const columns = [object.properties["columns"] ?? []].flat().map((column) => unquote(String(column)));
  return unmapped.has(table) || columns.some((column) => unmapped.has(`${table} ${column}`));
}

/** A table's name with its schema, without quotes. */
export function nameOf(table: string): string {
  const parts = partsOf(table).map(unquote);
  return parts.length === 1 ? `public.${parts[0]}` : parts.join(".");
}
