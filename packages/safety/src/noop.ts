import type { Action } from "./parse/actions.ts";
import { type Schema, schemaName } from "./schema/schema.ts";

/** True for what IF EXISTS or IF NOT EXISTS makes do nothing, as far as the catalog is known. */
export function isNoop(action: Action, schema: Schema): boolean {
  if (action.do === "create table") return action.ifNotExists && schema.relation(action.table) !== undefined;
  if (action.do === "drop") return action.ifExists && schema.isComplete && isMissing(action, schema);
  if (action.do === "create index") return action.ifNotExists && hasIndex(action, schema);
  if (action.do !== "alter table") return false;
  const { change } = action;
  const relation = schema.relation(action.table);
  if (!relation) return action.ifExists && schema.isComplete;
  if (change.do === "add column") return change.ifNotExists && relation.columns.has(change.column.name);
  if (change.do === "drop column") return change.ifExists && !relation.columns.has(change.column);
  return change.do === "drop constraint" && change.ifExists && !relation.constraints.has(change.constraint);
}

function isMissing({ type, name }: Extract<Action, { readonly do: "drop" }>, schema: Schema): boolean {
  if (["OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW"].includes(type)) return !schema.relation(name);
  return type === "OBJECT_INDEX" && !schema.indexes.has(schema.resolve(name, schema.indexes));
}

function hasIndex(
  { index = "", table, concurrently }: Extract<Action, { readonly do: "create index" }>,
  schema: Schema,
): boolean {
  // Whether an index that is there is a valid one is another question, which CONCURRENTLY brings up.
  return !concurrently && schema.indexes.has(`${schemaName(schema.resolve(table))}.${index}`);
}
