import { isLive, on, type Rule, under } from "../rule.ts";

export const rule: Rule = {
  name: "create-index-blocking",
  severity: "error",
  summary: "CREATE INDEX without CONCURRENTLY keeps writers waiting while it builds.",
  find: on("create index", ({ table, concurrently, index }, { schema }) => {
    const relation = schema.relation(table);
    if (concurrently || !isLive(relation) || relation?.kind === "partitioned table") return undefined;
    const name = schema.resolve(table);
    return {
      message: `the index ${index ?? "without a name"} on ${name} is built ${under("SHARE")}`,
      hint: "CREATE INDEX CONCURRENTLY, in a migration of its own outside a transaction",
      table: name,
      lock: "SHARE",
      work: "build",
    };
  }),
  fires: [
    "create index i on users (name)",
    "create unique index i on users (name)",
    "create index if not exists i on public.users (lower(name))",
    "create table t (a int); insert into t values (1); create index i on t (a)",
    "create index i on totals (org_id)",
    "alter table users rename to people; create index i on people (name)",
    "create index i on events_2024 (kind)",
    "-- unknown\ncreate index i on somewhere (a)",
    "set search_path to app; create index i on items (name)",
  ],
  silent: [
    "-- outside\ncreate index concurrently i on users (name)",
    "create table t (a int); create index i on t (a)",
    "create temporary table t (a int); insert into t values (1); create index i on t (a)",
    "create table t (a int); alter table t rename to u; create index i on u (a)",
    "create index i on events (kind)",
    "create table fresh partition of events for values from ('2030-01-01') to ('2031-01-01'); create index i on fresh (kind)",
  ],
};
