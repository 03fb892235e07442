import type { Relation, Schema } from "./schema.ts";

/** Gives a relation another name, wherever it is named. */
export function renameRelation(schema: Schema, from: string, to: string): void {
  const relation = schema.relations.get(from);
  if (!relation) return;
  schema.relations.delete(from);
  relation.name = to;
  schema.relations.set(to, relation);
  for (const [key, index] of schema.indexes) if (index.table === from) schema.indexes.set(key, { ...index, table: to });
  for (const other of schema.relations.values()) {
    if (other.parent === from) other.parent = to;
    other.reads = other.reads.map((one) => (one === from ? to : one));
    other.columnsRead = new Map([...other.columnsRead].map(([name, columns]) => [name === from ? to : name, columns]));
    for (const [key, constraint] of other.constraints)
      if (constraint.references === from) other.constraints.set(key, { ...constraint, references: to });
  }
}

/** Gives a column another name, in constraints, indexes and expressions too. */
export function renameColumn(schema: Schema, table: Relation, from: string, to: string): void {
  const swap = (name: string) => (name === from ? to : name);
  const columns = [...table.columns].map(([name, column]) => [swap(name), column] as const);
  table.columns.clear();
  for (const [name, column] of columns) table.columns.set(name, column);
  for (const [key, constraint] of table.constraints)
    table.constraints.set(key, {
      ...constraint,
      columns: constraint.columns.map(swap),
      expression: renameIn(constraint.expression, from, to),
    });
  for (const [name, one] of table.triggers)
    table.triggers.set(name, { ...one, columns: one.columns.map(swap), watches: one.watches.map(swap) });
  for (const [name, names] of table.rules) table.rules.set(name, names.map(swap));
  table.policyColumns = table.policyColumns.map(swap);
  for (const view of schema.viewsOn(table.name))
    view.columnsRead = new Map(
      [...view.columnsRead].map(([name, names]) => [name, name === table.name ? new Set([...names].map(swap)) : names]),
    );
  for (const [key, index] of schema.indexes)
    if (index.table === table.name)
      schema.indexes.set(key, {
        ...index,
        columns: index.columns.map((one) => one && swap(one)),
        uses: index.uses.map(swap),
      });
}

/** An expression in which a column has another name. */
function renameIn<Value>(value: Value, from: string, to: string): Value {
  if (Array.isArray(value)) return value.map((one) => renameIn(one, from, to)) as Value;
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([key, one]) => [
    key,
    key === "fields" ? renameField(one, from, to) : renameIn(one, from, to),
  ]);
  return Object.fromEntries(entries) as Value;
}

function renameField(fields: unknown, from: string, to: string): unknown {
  const list = fields as { String?: { sval?: string } }[];
  return list.map((one) => (one.String?.sval === from ? { String: { sval: to } } : one));
}
