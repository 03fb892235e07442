import type { Action } from "../parse/actions.ts";

import { type Relation, type Schema } from "../schema/schema.ts";
import { defaultsOf, type Effect, locked, on, tablesWithType, viewsOver, withPartitions } from "./effect.ts";

type Drop = Extract<Action, { readonly do: "drop" }>;

/** What DROP does. */
export function dropEffects(action: Drop, schema: Schema): Effect[] {
  const { type, name, cascade } = action;
  const own = name.at(-1) ?? "";
  if (type === "OBJECT_INDEX") return dropIndexEffects(action, schema);
  if (["OBJECT_TRIGGER", "OBJECT_POLICY", "OBJECT_RULE"].includes(type))
    return on(schema, name.slice(0, -1), "ACCESS EXCLUSIVE");
  if (["OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW"].includes(type))
    return dropRelationEffects(schema, schema.resolve(name), cascade);
  return cascade ? relationsOf(schema, type, own).flatMap((one) => locked(one.name)) : [];
}

/** The relations that depend on a schema, a function, a type. */
function relationsOf(schema: Schema, type: string, own: string): Relation[] {
  const all = [...schema.relations.values()];
  if (type === "OBJECT_SCHEMA") return all.filter(({ name }) => name.startsWith(`${own}.`));
  if (type === "OBJECT_FUNCTION")
    return all.filter(({ triggers }) => [...triggers.values()].some(({ calls }) => calls === own));
  return type === "OBJECT_TYPE" || type === "OBJECT_DOMAIN" ? tablesWithType(schema, own) : [];
}

function dropIndexEffects({ name, concurrently }: Drop, schema: Schema): Effect[] {
  const table = schema.indexes.get(schema.resolve(name, schema.indexes))?.table;
  if (table === undefined) return [];
  if (concurrently) return [{ relation: table, lock: "SHARE UPDATE EXCLUSIVE", work: "none" }];
  return withPartitions(schema, table.split("."), "ACCESS EXCLUSIVE");
}

function dropRelationEffects(schema: Schema, name: string, cascade: boolean): Effect[] {
  const relation = schema.relations.get(name);
  const referenced = [...(relation?.constraints.values() ?? [])].flatMap(({ references }) => references ?? []);
  const parents = relation?.parent === undefined ? [] : [relation.parent, ...defaultsOf(schema, relation.parent)];
  const children = schema.referencesTo(name).map(({ from }) => from.name);
  const views = cascade ? viewsOver(schema, name) : [];
  return [
    ...withPartitions(schema, name.split("."), "ACCESS EXCLUSIVE"),
    ...[...referenced, ...parents, ...children, ...views].flatMap((one) => locked(one)),
  ];
}
