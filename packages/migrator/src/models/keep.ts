import type { Catalog, CatalogObject } from "@thedata/catalog";
import { lastPart, unquote } from "@thedata/catalog/sql";

/** Columns and tables that stay although the models no longer map them: released models do. */
export interface Kept {
  /** By table and column, as `items note`; names as they are. */
  readonly columns: ReadonlyMap<string, KeptColumn>;
  readonly tables: ReadonlySet<string>;
}

/** What the releases that map a column take. */
export interface KeptColumn {
  /** True: every one of them takes null. */
  readonly nullable: boolean;
  /** A value that every one of them takes, where they list values; null: they list none. */
  readonly item: string | null;
}

/**
 * Leaves the kept ones out of MikroORM's statements. A new row of the models has no value for a kept column: in place of
 * its DROP come the statements with which both can live, a default or a dropped NOT NULL.
 */
export function keep(statements: readonly string[], kept: Kept, before: Catalog): string[] {
  return statements.flatMap((statement) => keepOne(statement, kept, before));
}

function keepOne(statement: string, kept: Kept, before: Catalog): string[] {
  const [, dropped] = /^drop table if exists (\S+)(?: cascade)?$/.exec(statement) ?? [];
  if (dropped !== undefined) return kept.tables.has(nameOf(dropped)) ? [] : [statement];
  const [, table, clauses] = /^alter table (\S+) (drop column .*)$/.exec(statement) ?? [];
  if (table !== undefined && clauses !== undefined) return keepColumns(table, clauses, kept, before);
  return touchesKept(statement, kept, before) ? [] : [statement];
}

function keepColumns(table: string, clauses: string, kept: Kept, before: Catalog): string[] {
  const names = [...clauses.matchAll(/drop column (?:if exists )?("(?:[^"]|"")+")/g)].map(([, name = ""]) => name);
  const isKept = (name: string) => kept.columns.has(`${nameOf(table)} ${unquote(name)}`);
  const gone = names.filter((name) => !isKept(name)).map((name) => `drop column ${name}`);
  return [
    ...(gone.length > 0 ? [`alter table ${table} ${gone.join(", ")}`] : []),
    ...names.filter(isKept).flatMap((name) => relax(table, name, kept, before)),
  ];
}

/** Lets a row have no value for the column, in a way that its readers take. */
function relax(table: string, name: string, kept: Kept, before: Catalog): string[] {
  const column = findColumn(before, nameOf(table), unquote(name));
  const { nullable, item } = kept.columns.get(`${nameOf(table)} ${unquote(name)}`) ?? { nullable: true, item: null };
  if (!column || column.properties["notNull"] === undefined || hasValue(column)) return [];
  const value = nullable ? undefined : (item ?? defaultFor(String(column.properties["type"])));
  return value === undefined
    ? [`alter table ${table} alter column ${name} drop not null`]
    : [`alter table ${table} alter column ${name} set default ${literal(value)}`];
}

function hasValue({ properties }: CatalogObject): boolean {
  return ["default", "identity", "generated"].some((key) => properties[key] !== undefined);
}

const literal = (value: string) => (value.endsWith(")") ? value : `'${value.replaceAll("'", "''")}'`);

/** A value that says nothing; undefined: there is none for this type. */
function defaultFor(type: string): string | undefined {
  if (/^(?:smallint|integer|bigint|numeric|real|double)/.test(type)) return "0";
  if (/^(?:text|character varying|character)/.test(type)) return "";
  if (type === "boolean") return "false";
  if (type.startsWith("timestamp")) return "now()";
  if (type.startsWith("json") || type.endsWith("[]")) return "{}";
  return undefined;
}

/** True for the drop of an index or constraint of kept columns, and of a foreign key of a kept table. */
function touchesKept(statement: string, kept: Kept, before: Catalog): boolean {
  const [, name] = /^(?:drop index|alter table \S+ drop constraint)(?: if exists)? (\S+)$/.exec(statement) ?? [];
  const object =
    name === undefined
      ? undefined
      : before.find((one) => (one.kind === "index" || one.kind === "constraint") && nameOf(one.name) === nameOf(name));
  if (!object) return false;
  const table = nameOf(object.table ?? "");
  const columns = [object.properties["columns"] ?? []].flat().map((column) => unquote(String(column)));
  return kept.tables.has(table) || columns.some((column) => kept.columns.has(`${table} ${column}`));
}

function findColumn(catalog: Catalog, table: string, column: string): CatalogObject | undefined {
  return catalog.find(
    (one) => one.kind === "column" && nameOf(one.table ?? "") === table && nameOf(one.name) === column,
  );
}

const nameOf = (name: string) => unquote(lastPart(name));
