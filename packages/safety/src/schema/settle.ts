import type { Schema } from "./schema.ts";

/** Marks all that is in a schema as there before the run. */
export function settle(schema: Schema): Schema {
  for (const relation of schema.relations.values()) {
    relation.isNew = false;
    relation.isEmpty = false;
    for (const [name, column] of relation.columns) relation.columns.set(name, { ...column, isNew: false });
    for (const [name, one] of relation.constraints) relation.constraints.set(name, { ...one, addedIn: undefined });
  }
  for (const name of schema.enums.keys()) schema.enums.set(name, false);
  schema.newSchemas.clear();
  for (const [name, index] of schema.indexes) schema.indexes.set(name, { ...index, isNew: false });
  return schema;
}
