import type { Change } from "../parse/actions.ts";
import type { Name } from "../parse/syntax.ts";
import { addColumn, addConstraint, change } from "./table-parts.ts";
import { type Relation, type Schema, schemaName } from "./schema.ts";

/** Changes `schema` as one command of ALTER TABLE changes the database. */
export function alterTable(schema: Schema, table: Name, one: Change, transaction: number): void {
  const relation = schema.relation(table) ?? schema.relation(tableOfIndex(schema, table));
  if (!relation) return;
  (changers[one.do] as Changer<Change> | undefined)?.(one, relation, schema, transaction);
}

const tableOfIndex = (schema: Schema, name: Name) =>
  schema.indexes.get(schema.resolve(name, schema.indexes))?.table.split(".") ?? name;

type Changed<Do> = Extract<Change, { readonly do: Do }>;
type Changer<One extends Change> = (change: One, relation: Relation, schema: Schema, transaction: number) => void;

const changers: { readonly [Do in Change["do"]]?: Changer<Changed<Do>> } = {
  "add column": ({ column, ifNotExists }, relation, schema, transaction) => {
    if (ifNotExists && relation.columns.has(column.name)) return;
    addColumn(relation, column);
    for (const constraint of column.constraints) addConstraint(schema, relation, constraint, transaction);
  },
  "drop column": ({ column }, relation, schema) => {
    relation.columns.delete(column);
    for (const [key, { columns }] of relation.constraints)
      if (columns.includes(column)) relation.constraints.delete(key);
    for (const [key, index] of schema.indexes)
      if (index.table === relation.name && index.uses.includes(column)) schema.indexes.delete(key);
  },
  "set type": ({ column, type }, relation) => change(relation, column, { type }),
  "set not null": ({ column }, relation) => change(relation, column, { notNull: true }),
  "drop not null": ({ column }, relation) => change(relation, column, { notNull: false }),
  "set default": ({ column, default: value }, relation) => change(relation, column, { default: value }),
  "drop default": ({ column }, relation) => change(relation, column, { default: undefined }),
  "add identity": ({ column }, relation) => change(relation, column, { identity: true }),
  "add constraint": ({ constraint }, relation, schema, transaction) =>
    addConstraint(schema, relation, constraint, transaction),
  validate: ({ constraint: name }, relation) => {
    const constraint = relation.constraints.get(name);
    if (!constraint) return;
    relation.constraints.set(name, { ...constraint, validated: true });
    if (constraint.kind === "not null")
      for (const column of constraint.columns) change(relation, column, { notNull: true });
  },
  "drop constraint": ({ constraint }, relation, schema) => {
    relation.constraints.delete(constraint);
    schema.indexes.delete(`${schemaName(relation.name)}.${constraint}`);
  },
  attach: ({ partition, isDefault }, relation, schema) => {
    const child = schema.relation(partition);
    if (!child) return;
    child.parent = relation.name;
    child.isDefaultPartition = isDefault;
    if (!child.isEmpty) relation.isEmpty = false;
  },
  "replica identity": ({ kind, index }, relation) => {
    relation.replicaIdentity = { kind, index };
  },
  storage: ({ what }, relation) => {
    if (what === "logged" || what === "unlogged") relation.unlogged = what === "unlogged";
  },
  trigger: ({ enable, trigger }, relation) => {
    for (const [name, one] of relation.triggers)
      if (trigger === undefined || trigger === name) relation.triggers.set(name, { ...one, enabled: enable });
  },
  detach: ({ partition }, _, schema) => {
    const child = schema.relation(partition);
    if (child) child.parent = undefined;
  },
};
