import { isLive, type Rule } from "../rule.ts";
import { byKey, isEverything } from "./shared/data.ts";

export const rule: Rule = {
  name: "unbatched-backfill",
  severity: "warning",
  summary: "One UPDATE over many rows holds their locks, and an old snapshot, until it is done.",
  find: (at) => {
    const { action, schema, run } = at;
    if (
      run.batched ||
      action.do !== "update" ||
      isEverything(action.where) ||
      !isLive(schema.relation(action.table)) ||
      byKey(action, schema.resolve(action.table), at)
    )
      return [];
    const name = schema.resolve(action.table);
    return [
      {
        message: `every row of ${name} that the condition meets is written in one transaction`,
        hint: "batches by key range, each a transaction of its own: declare them as the migration's backfill",
        table: name,
      },
    ];
  },
  fires: [
    "update users set age = 0 where age is null",
    "update orders set status = 'x' where status = 'y'",
    "update users set note = 'n' where created_at < now()",
  ],
  silent: [
    "update users set age = 0 where id = 5",
    "update users set age = 0 where id in (1, 2, 3)",
    "update users set age = 0 where id between 1 and 1000",
    "update users set age = 0",
    "create table t (a int); update t set a = 1 where a is null",
  ],
};
