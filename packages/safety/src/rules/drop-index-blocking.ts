import { isLive, on, type Rule, under } from "../rule.ts";

export const rule: Rule = {
  name: "drop-index-blocking",
  severity: "warning",
  summary:
    "DROP INDEX without CONCURRENTLY waits for every query of the table, and keeps all others waiting meanwhile.",
  find: on("drop", ({ type, name, concurrently }, { schema }) => {
    if (type !== "OBJECT_INDEX" || concurrently) return undefined;
    const index = schema.indexes.get(schema.resolve(name, schema.indexes));
    const relation = index && schema.relations.get(index.table);
    if (index && (index.ofConstraint || !isLive(relation) || relation?.kind === "partitioned table")) return undefined;
    return {
      message: `dropping the index ${name.join(".")} locks ${index?.table ?? "its table"} ${under("ACCESS EXCLUSIVE")}`,
      hint: "DROP INDEX CONCURRENTLY, in a migration of its own outside a transaction",
      table: index?.table,
      lock: "ACCESS EXCLUSIVE",
      unknown: index === undefined,
    };
  }),
  fires: [
    "drop index users_name_idx",
    "drop index if exists users_name_idx",
    "drop index public.users_name_idx, orders_user",
    "-- unknown\ndrop index some_idx",
    "alter index users_name_idx rename to j; drop index j",
  ],
  silent: [
    "-- outside\ndrop index concurrently users_name_idx",
    "create table t (a int); create index i on t (a); drop index i",
    "drop table users",
    "alter table orders drop constraint orders_pkey",
  ],
};
