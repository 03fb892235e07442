import { isLive, type Rule, under } from "../rule.ts";

export const rule: Rule = {
  name: "vacuum-full-or-cluster",
  severity: "error",
  summary: "VACUUM FULL and CLUSTER copy the table while nobody reads or writes.",
  find: (at) => {
    const { action, schema } = at;
    const tables =
      action.do === "cluster" ? [action.table] : action.do === "vacuum" && action.full ? action.tables : undefined;
    if (!tables) return [];
    const live = tables.filter((table) => isLive(schema.relation(table)));
    if (tables.length > 0 && tables[0]?.length !== 0 && live.length === 0) return [];
    const name = live[0]?.length ? schema.resolve(live[0]) : "every table";
    return [
      {
        message: `${name} is copied ${under("ACCESS EXCLUSIVE")}`,
        hint: "pg_repack, or leave it to autovacuum",
        table: live[0]?.length ? name : undefined,
        lock: "ACCESS EXCLUSIVE",
        work: "rewrite",
      },
    ];
  },
  fires: [
    "-- outside\nvacuum full users",
    "-- outside\nvacuum (full, analyze) users",
    "cluster users using users_pkey",
    "-- outside\nvacuum full",
    "-- outside\ncluster",
  ],
  silent: [
    "-- outside\nvacuum users",
    "-- outside\nvacuum (analyze) users",
    "analyze users",
    "create table t (a int primary key); cluster t using t_pkey",
  ],
};
