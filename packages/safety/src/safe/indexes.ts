import type { Action } from "../parse/actions.ts";
import { isLive } from "../rule.ts";
import type { Schema } from "../schema/schema.ts";
import type { Replacement } from "./part.ts";

type Of<Do> = Extract<Action, { readonly do: Do }>;

/** CREATE INDEX as CONCURRENTLY; undefined where it keeps nobody waiting, or cannot be so. */
export function createIndex(sql: string, action: Of<"create index">, schema: Schema): Replacement | undefined {
  const relation = schema.relation(action.table);
  const isPossible = ["table", "materialized view"].includes(relation?.kind ?? "");
  if (action.concurrently || !isLive(relation) || !isPossible) return undefined;
  return { alone: [sql.replace(/^(\s*create\s+(?:unique\s+)?index)\s+/i, "$1 concurrently ")] };
}

/** DROP INDEX as CONCURRENTLY. */
export function dropIndex(sql: string, action: Of<"drop">, schema: Schema): Replacement | undefined {
  const { type, name, concurrently, count, cascade } = action;
  if (type !== "OBJECT_INDEX" || concurrently || count > 1 || cascade) return undefined;
  const index = schema.indexes.get(schema.resolve(name, schema.indexes));
  const relation = index && schema.relations.get(index.table);
  if (!index || !isLive(relation) || relation?.kind !== "table") return undefined;
  return { alone: [sql.replace(/^(\s*drop\s+index)\s+/i, "$1 concurrently ")] };
}
