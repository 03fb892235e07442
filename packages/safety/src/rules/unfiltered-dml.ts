import { isLive, type Rule } from "../rule.ts";
import { isEverything } from "./shared/data.ts";

export const rule: Rule = {
  name: "unfiltered-dml",
  severity: "error",
  summary: "UPDATE or DELETE of every row locks all of them in one transaction.",
  find: (at) => {
    const { action, schema, run } = at;
    if (
      run.batched ||
      (action.do !== "update" && action.do !== "delete") ||
      !isEverything(action.where) ||
      !isLive(schema.relation(action.table))
    )
      return [];
    const name = schema.resolve(action.table);
    return [
      {
        message: `every row of ${name} is ${action.do === "update" ? "written anew" : "deleted"} in one transaction: row locks, WAL and bloat for all of it`,
        hint: "batches by key, each a transaction of its own: for an UPDATE, declare them as the migration's backfill",
        table: name,
        work: "rewrite",
      },
    ];
  },
  fires: [
    "update users set age = 1",
    "delete from users",
    "update users set age = 1 where true",
    "delete from orders where true",
    "-- unknown\nupdate t set a = 1",
  ],
  silent: [
    "update users set age = 1 where id = 5",
    "create table t (a int); insert into t values (1); update users set age = 2 where id = 1",
    "create temporary table t (a int); update t set a = 1",
    "create table t (a int); delete from t",
  ],
};
