import { type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "concurrently-in-transaction",
  severity: "error",
  summary: "What runs CONCURRENTLY is refused inside a transaction.",
  find: (at) => {
    const { action, run } = at;
    const isConcurrent =
      (["create index", "drop", "reindex"].includes(action.do) &&
        (action as { concurrently?: boolean }).concurrently) ||
      (action.do === "alter table" && action.change.do === "detach" && action.change.concurrently);
    if (!isConcurrent || !run.isInTransaction) return [];
    return [
      {
        message: "PostgreSQL refuses CONCURRENTLY inside a transaction (SQLSTATE 25001)",
        hint: "isTransactional() { return false; } in a migration of its own; in plain SQL: -- migrate:up transaction:false",
      },
    ];
  },
  fires: [
    "create index concurrently i on users (name)",
    "drop index concurrently users_name_idx",
    "reindex table concurrently users",
    "alter table events detach partition events_2024 concurrently",
    "create table t (a int); create index concurrently i on t (a)",
    "-- outside\nbegin; create index concurrently i on users (name); commit",
  ],
  silent: [
    "-- outside\ncreate index concurrently i on users (name)",
    "-- outside\ndrop index concurrently users_name_idx",
    "-- outside\nalter table events detach partition events_2024 concurrently",
    "create index i on users (name)",
    "-- outside\nbegin; select 1; commit; create index concurrently i on users (name)",
    "refresh materialized view concurrently totals",
  ],
};
