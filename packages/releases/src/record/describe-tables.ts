import type { EntityMetadata, EntityProperty, MikroORM } from "@mikro-orm/core";
import type { Catalog } from "@thedata/catalog";
import type { ContractColumn, ContractTable } from "../contract/contract.ts";
import { quoteWhereNeeded } from "../judge/names.ts";
import { findAccepted } from "./accepted.ts";

type Orm = MikroORM;

/** The tables that the entities map, sorted by name. */
export function describeTables(orm: Orm, schema: Catalog): ContractTable[] {
  const byTable = Map.groupBy(mappedEntities(orm), (meta) => tableOf(meta));
  return [...byTable]
    .map(([table, metas]) => describeTable(orm, table, metas, schema))
    .toSorted((a, b) => (a.table < b.table ? -1 : 1));
}

/** The entities with a table of their own or with one that they share: no abstract class, no view made of a query. */
export function mappedEntities(orm: Orm): EntityMetadata[] {
  return [...orm.getMetadata().getAll().values()].filter(
    ({ abstract, virtual, embeddable, collection }) => !abstract && !virtual && !embeddable && Boolean(collection),
  );
}

/** The name of an entity's table, as the catalog writes it. */
export function tableOf({ schema, tableName }: EntityMetadata): string {
  return [schema && schema !== "*" ? schema : "public", tableName].map(quoteWhereNeeded).join(".");
}

function describeTable(orm: Orm, table: string, metas: readonly EntityMetadata[], schema: Catalog): ContractTable {
  const columns = new Map<string, ContractColumn>();
  for (const meta of metas)
    for (const property of meta.props.filter(hasColumn))
      for (const column of describeColumns(orm, table, meta, property, schema)) {
        const known = columns.get(column.column);
        columns.set(column.column, known ? merge(known, column) : column);
      }
  const names = new Set(columns.keys());
  const unmapped = metas.flatMap(({ props }) => props.map(({ name }) => name)).filter((name) => !names.has(name));
  return {
    table,
    entities: metas
      .filter(({ pivotTable }) => !pivotTable)
      .map(({ className }) => className)
      .toSorted(),
    columns: [...columns.values()].toSorted((a, b) => (a.column < b.column ? -1 : 1)),
    unmapped: [...new Set(unmapped.filter((name) => !name.includes("__")))].toSorted(),
  };
}

/** Classes of one table may map a column in different ways: each of them must work. */
function merge(one: ContractColumn, other: ContractColumn): ContractColumn {
  return {
    ...one,
    accepts: one.accepts.filter((family) => other.accepts.includes(family)),
    nullable: one.nullable || other.nullable,
    items: one.items && other.items ? [...new Set([...one.items, ...other.items])].toSorted() : null,
    readOnly: one.readOnly && other.readOnly,
  };
}

/** True for a property whose value is in a column of the entity's table. */
export function hasColumn({ persist, fieldNames, kind, object, embeddable, formula }: EntityProperty): boolean {
  if (formula) return false;
  // A property that is not persisted may stand for a column that a relation maps: it has none of its own.
  if (persist === false || !fieldNames || fieldNames.length === 0) return false;
  return ["scalar", "m:1", "1:1"].includes(kind) || (embeddable !== undefined && object === true);
}

function describeColumns(
  orm: Orm,
  table: string,
  meta: EntityMetadata,
  property: EntityProperty,
  schema: Catalog,
): ContractColumn[] {
  const { fieldNames, name, nullable, items, generated } = property;
  const discriminates = meta.root.discriminatorColumn === name;
  return fieldNames.map((column) => ({
    column,
    property: `${meta.className}.${name}`,
    accepts: findAccepted(orm, meta, property, column, typeOf(schema, table, column)),
    nullable: nullable === true,
    items: items ? items.map(String).toSorted() : discriminates ? discriminators(meta) : null,
    itemsRefused: property.array === true && items !== undefined,
    default: defaultOf(property),
    readOnly: typeof generated === "string" && !generated.startsWith("identity"),
  }));
}

function discriminators({ root }: EntityMetadata): string[] {
  return Object.keys(root.discriminatorMap ?? {}).toSorted();
}

function defaultOf({ default: client, defaultRaw, onCreate, autoincrement, version }: EntityProperty) {
  if (client !== undefined || onCreate) return "client";
  return defaultRaw !== undefined || autoincrement || version ? "server" : null;
}

function typeOf(schema: Catalog, table: string, column: string): string {
  const name = `${table}.${quoteWhereNeeded(column)}`;
  const found = schema.find((object) => object.kind === "column" && object.name === name);
  return String(found?.properties["type"] ?? "text");
}
