import { type EntityMetadata, type EntityProperty, type MikroORM, ReferenceKind } from "@mikro-orm/core";
import type { ContractColumn, ContractTable } from "../contract/contract.ts";
import type { Schema } from "../schema/schema.ts";
import { findAccepted } from "./accepted.ts";

type Orm = MikroORM;

/** The tables that the entities map, sorted by name. */
export function describeTables(orm: Orm, schema: Schema): ContractTable[] {
  const byTable = Map.groupBy(mappedEntities(orm), (meta) => tableOf(meta, schema));
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
export function tableOf({ schema, tableName }: EntityMetadata, database: Schema): string {
  return database.nameOf(schema === "*" ? undefined : schema, tableName);
}

function describeTable(orm: Orm, table: string, metas: readonly EntityMetadata[], schema: Schema): ContractTable {
  const columns = new Map<string, ContractColumn>();
  for (const meta of metas)
    for (const property of meta.props.filter(hasColumn))
      for (const column of describeColumns(orm, table, meta, property, schema)) {
        const known = columns.get(column.column);
        columns.set(column.column, known ? merge(known, column) : column);
      }
  const props = metas.flatMap((meta) => meta.props);
  const without = (list: readonly EntityProperty[]) =>
    [...new Set(list.map(({ name }) => name))].filter((name) => !columns.has(name) && !name.includes("__")).toSorted();
  return {
    table,
    entities: metas
      .filter(({ pivotTable }) => !pivotTable)
      .map(({ className }) => className)
      .toSorted(),
    columns: [...columns.values()].toSorted((a, b) => (a.column < b.column ? -1 : 1)),
    unmapped: without(props),
    collections: without(
      props.filter(({ kind }) => kind === ReferenceKind.ONE_TO_MANY || kind === ReferenceKind.MANY_TO_MANY),
    ),
  };
}

/** Classes of one table may map a column in different ways: each of them must work. */
function merge(one: ContractColumn, other: ContractColumn): ContractColumn {
  return {
    ...one,
    accepts: one.accepts.filter((family) => other.accepts.includes(family)),
    refuses: [...new Set([...one.refuses, ...other.refuses])],
    nullable: one.nullable || other.nullable,
    items: one.items && other.items ? [...new Set([...one.items, ...other.items])].toSorted() : null,
    readOnly: one.readOnly && other.readOnly,
  };
}

/** True for a property whose value is in a column of the entity's table. */
export function hasColumn({ persist, fieldNames, kind, object, embeddable, formula }: EntityProperty): boolean {
  // A property that is not persisted may stand for a column that a relation maps: it has none of its own.
  if (formula || persist === false || !fieldNames || fieldNames.length === 0) return false;
  return ["scalar", "m:1", "1:1"].includes(kind) || (embeddable !== undefined && object === true);
}

function describeColumns(
  orm: Orm,
  table: string,
  meta: EntityMetadata,
  property: EntityProperty,
  schema: Schema,
): ContractColumn[] {
  const { fieldNames, name, nullable, generated } = property;
  return fieldNames.map((column) => ({
    column,
    property: `${meta.className}.${name}`,
    ...findAccepted(orm, meta, property, column, schema.typeOf(table, column)),
    nullable: nullable === true,
    ...itemsOf(meta, property, column),
    default: defaultOf(property),
    readOnly: typeof generated === "string" && !generated.startsWith("identity"),
  }));
}

/** The values that a property takes, and what MikroORM does with another one. */
function itemsOf(
  meta: EntityMetadata,
  property: EntityProperty,
  column: string,
): Pick<ContractColumn, "items" | "otherItems"> {
  const { items, array, polymorphic, discriminatorColumn, discriminatorMap } = property;
  if (polymorphic && column === discriminatorColumn)
    return { items: Object.keys(discriminatorMap ?? {}).toSorted(), otherItems: "refused" };
  if (meta.root.discriminatorColumn === property.name)
    return { items: Object.keys(meta.root.discriminatorMap ?? {}).toSorted(), otherItems: "taken" };
  if (!items) return { items: null, otherItems: "taken" };
  return { items: items.map(String).toSorted(), otherItems: array === true ? "refused" : "not saved" };
}

function defaultOf({ default: client, defaultRaw, onCreate, autoincrement, version }: EntityProperty) {
  if (client !== undefined || onCreate) return "client";
  return defaultRaw !== undefined || autoincrement || version ? "server" : null;
}
