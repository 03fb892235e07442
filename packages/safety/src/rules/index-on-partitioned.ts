import { type At, isLive, type Rule, under } from "../rule.ts";

const isPartitioned = ({ schema }: At, name: readonly string[]) => schema.relation(name)?.kind === "partitioned table";

export const rule: Rule = {
  name: "index-on-partitioned",
  severity: "error",
  summary: "An index of a partitioned table is built or dropped on every partition at once.",
  find: (at) => {
    const { action, schema } = at;
    if (action.do === "create index" && isPartitioned(at, action.table) && action.recursive) {
      const table = schema.resolve(action.table);
      if (![...schema.partitionsOf(table)].some(isLive)) return [];
      return [
        {
          message: action.concurrently
            ? `PostgreSQL refuses CONCURRENTLY on the partitioned ${table}`
            : `the index is built on every partition of ${table} ${under("SHARE")}`,
          hint: "CREATE INDEX … ON ONLY the parent, CONCURRENTLY on each partition, then ALTER INDEX … ATTACH PARTITION",
          table,
          lock: "SHARE",
          work: "build",
        },
      ];
    }
    if (action.do !== "drop" || action.type !== "OBJECT_INDEX") return [];
    const table = schema.indexes.get(schema.resolve(action.name, schema.indexes))?.table;
    if (table === undefined || schema.relations.get(table)?.kind !== "partitioned table") return [];
    const message = action.concurrently
      ? `PostgreSQL refuses DROP INDEX CONCURRENTLY on the partitioned ${table}`
      : `dropping the index locks ${table} and every partition ${under("ACCESS EXCLUSIVE")}`;
    return [{ message, hint: "a short lock_timeout, and a quiet moment", table, lock: "ACCESS EXCLUSIVE" }];
  },
  fires: [
    "create index i on events (kind)",
    "create unique index i on events (id, at)",
    "-- outside\ncreate index concurrently i on events (kind)",
    "drop index events_at_idx",
    "-- outside\ndrop index concurrently events_at_idx",
  ],
  silent: [
    "create index i on only events (kind)",
    "-- outside\ncreate index concurrently i on events_2024 (kind)",
    "create table p (a int) partition by range (a); create index i on p (a)",
    "create table p (a int) partition by range (a); create table p1 partition of p for values from (1) to (2); create index i on p (a)",
    "drop index users_name_idx",
  ],
};
