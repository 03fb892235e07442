import type { Action } from "../parse/actions.ts";
import type { Name } from "../parse/syntax.ts";
import { alterTable } from "./alter-table.ts";
import { columnsRead } from "./columns-read.ts";
import { renameColumn, renameRelation } from "./rename.ts";
import { type Relation, type Schema, schemaName, shortName } from "./schema.ts";
import { addColumn, addConstraint } from "./table-parts.ts";

/** Changes `schema` as an action changes the database. `transaction` is the number of the one that it runs in. */
export function apply(action: Action, schema: Schema, transaction: number): void {
  (appliers[action.do] as Applier<Action> | undefined)?.(action, schema, transaction);
}

type Of<Do> = Extract<Action, { readonly do: Do }>;
type Applier<One extends Action> = (action: One, schema: Schema, transaction: number) => void;

const appliers: { readonly [Do in Action["do"]]?: Applier<Of<Do>> } = {
  "create table": createTable,
  "create table as": ({ table, materialized, withData, temporary, query }, schema) => {
    const relation = addRelation(schema, table, materialized ? "materialized view" : "table", temporary);
    relation.isEmpty = !withData;
    if (!materialized) return;
    readQuery(relation, schema, query);
  },
  "create view": ({ view, query }, schema) => {
    const relation = addRelation(schema, view, "view", false);
    readQuery(relation, schema, query);
  },
  "create index": (action, schema) => {
    const table = schema.resolve(action.table);
    const name = action.index ?? `${shortName(table)}_${action.columns.map((one) => one ?? "expr").join("_")}_idx`;
    const { columns, uses, unique, partial, method, plainOrder } = action;
    const key = `${schemaName(table)}.${name}`;
    if (action.ifNotExists && schema.indexes.has(key)) return;
    schema.indexExpressions.push(...action.calls);
    schema.indexes.set(key, {
      name,
      table,
      columns,
      uses,
      unique,
      partial,
      method,
      plainOrder,
      valid: true,
      ofConstraint: false,
      isNew: true,
    });
  },
  drop,
  "alter table": ({ table, change }, schema, transaction) => alterTable(schema, table, change, transaction),
  rename,
  "set schema": ({ type, relation, to }, schema) => {
    if (isRelation(type)) renameRelation(schema, schema.resolve(relation), `${to}.${relation.at(-1)}`);
  },
  truncate: () => {},
  insert: fill,
  merge: fill,
  "copy from": fill,
  "create trigger": ({ table, trigger, calls, columns, watches, onUpdate }, schema) =>
    schema.relation(table)?.triggers.set(trigger, { calls, columns, watches, onUpdate, enabled: true }),
  "create rule": ({ table, rule, columns }, schema) => schema.relation(table)?.rules.set(rule, columns),
  "alter function": ({ name, volatility }, schema) => void schema.volatility.set(name.at(-1) ?? "", volatility),
  "create schema": ({ name }, schema) => void schema.newSchemas.add(name),
  "create policy": ({ table, columns }, schema) => {
    const relation = schema.relation(table);
    if (!relation) return;
    relation.hasPolicies = true;
    relation.policyColumns = [...relation.policyColumns, ...columns];
  },
  "create enum": ({ type }, schema) => void schema.enums.set(schema.resolve(type, schema.enums), true),
  "create domain": ({ type, base, constrained, notNull }, schema) =>
    void schema.domains.set(type.at(-1) ?? "", { base, constrained, notNull }),
  "create function": ({ name, body, volatility }, schema) => {
    schema.functions.set(name.at(-1) ?? "", body);
    schema.volatility.set(name.at(-1) ?? "", volatility);
  },
  // What nobody can read may have put rows into each table that it names.
  do: ({ code }, schema) => {
    for (const relation of schema.relations.values())
      if (code === undefined || code.includes(shortName(relation.name))) relation.isEmpty = false;
  },
  refresh: ({ view, withData }, schema) => {
    const relation = schema.relation(view);
    if (relation && withData) relation.isEmpty = false;
  },
  set: ({ name, values }, schema) => {
    if (name === "search_path") schema.searchPath = values.length > 0 ? values.filter((one) => one !== "") : ["public"];
  },
};

function isRelation(type: string): boolean {
  return ["OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_FOREIGN_TABLE"].includes(type);
}

function fill({ table }: { readonly table: Name }, schema: Schema): void {
  const name = schema.resolve(table);
  for (const one of [schema.relations.get(name), ...schema.partitionsOf(name)]) if (one) one.isEmpty = false;
}

function addRelation(schema: Schema, name: Name, kind: Relation["kind"], temporary: boolean): Relation {
  const full = temporary ? `pg_temp.${name.at(-1)}` : schema.resolve(name);
  const relation: Relation = {
    name: full,
    kind,
    temporary,
    unlogged: false,
    isEmpty: kind !== "view",
    isNew: true,
    columns: new Map(),
    constraints: new Map(),
    triggers: new Map(),
    parent: undefined,
    isDefaultPartition: false,
    partitionKey: [],
    reads: [],
    rules: new Map(),
    columnsRead: new Map(),
    hasPolicies: false,
    policyColumns: [],
    replicaIdentity: { kind: "d", index: undefined },
  };
  schema.relations.set(full, relation);
  return relation;
}

function readQuery(view: Relation, schema: Schema, query: unknown): void {
  view.columnsRead = columnsRead(query, schema);
  view.reads = [...view.columnsRead.keys()];
}

function createTable(action: Of<"create table">, schema: Schema, transaction: number): void {
  if (action.ifNotExists && schema.relation(action.table)) return;
  const kind = action.partitioned ? "partitioned table" : "table";
  const relation = addRelation(schema, action.table, kind, action.temporary);
  const source = schema.relation(action.partitionOf ?? action.like ?? action.parents[0] ?? []);
  for (const [name, column] of source?.columns ?? []) relation.columns.set(name, column);
  relation.parent = action.partitionOf && schema.resolve(action.partitionOf);
  relation.isDefaultPartition = action.isDefault;
  relation.partitionKey = action.partitionKey;
  relation.unlogged = action.unlogged;
  // It may have been there, with rows, where nobody has told what is there.
  if (action.ifNotExists && !schema.isComplete) [relation.isNew, relation.isEmpty] = [false, false];
  for (const column of action.columns) addColumn(relation, column);
  // NOT VALID says nothing here: an empty table breaks no constraint.
  for (const constraint of action.constraints)
    addConstraint(schema, relation, { ...constraint, validated: true }, transaction);
}

function drop({ type, name }: Of<"drop">, schema: Schema): void {
  if (isRelation(type)) dropRelation(schema, schema.resolve(name));
  if (type === "OBJECT_INDEX") schema.indexes.delete(schema.resolve(name, schema.indexes));
  if (type === "OBJECT_RULE") schema.relation(name.slice(0, -1))?.rules.delete(name.at(-1) ?? "");
  if (type === "OBJECT_TRIGGER") schema.relation(name.slice(0, -1))?.triggers.delete(name.at(-1) ?? "");
  if (type === "OBJECT_TYPE") schema.enums.delete(schema.resolve(name, schema.enums));
  if (type === "OBJECT_DOMAIN") schema.domains.delete(name.at(-1) ?? "");
  if (type === "OBJECT_FUNCTION") schema.functions.delete(name.at(-1) ?? "");
  if (type === "OBJECT_SCHEMA")
    for (const one of schema.relations.keys()) if (one.startsWith(`${name.at(-1)}.`)) dropRelation(schema, one);
}

function dropRelation(schema: Schema, name: string): void {
  for (const { from, constraint } of schema.referencesTo(name)) from.constraints.delete(constraint.name);
  for (const [key, index] of schema.indexes) if (index.table === name) schema.indexes.delete(key);
  schema.relations.delete(name);
}

function rename({ type, relation, from, to }: Of<"rename">, schema: Schema): void {
  const full = schema.resolve(relation);
  const table = schema.relations.get(full);
  if (isRelation(type)) renameRelation(schema, full, `${schemaName(full)}.${to}`);
  if (type === "OBJECT_INDEX") {
    const key = schema.resolve(relation, schema.indexes);
    const index = schema.indexes.get(key);
    schema.indexes.delete(key);
    if (index) schema.indexes.set(`${schemaName(key)}.${to}`, { ...index, name: to });
  }
  if (type === "OBJECT_COLUMN" && table) renameColumn(schema, table, from, to);
  if (type === "OBJECT_TABCONSTRAINT" && table) {
    const constraint = table.constraints.get(from);
    table.constraints.delete(from);
    if (constraint) table.constraints.set(to, { ...constraint, name: to });
  }
}
