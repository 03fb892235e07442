import { isLive, onChange, type Rule, under } from "../rule.ts";

export const rule: Rule = {
  name: "add-column-stored-generated",
  severity: "error",
  summary: "A stored generated column is computed for every row while nobody reads or writes.",
  find: onChange("add column", ({ column }, { table, relation, at }) => {
    if (!isLive(relation) || column.generated !== "stored") return undefined;
    return {
      message: `${table} is rewritten to compute ${column.name} ${under("ACCESS EXCLUSIVE")}`,
      hint:
        at.run.settings.server >= 18
          ? "a VIRTUAL column, or a plain one with a trigger, filled in batches"
          : "a plain column with a trigger, filled in batches",
      table,
      lock: "ACCESS EXCLUSIVE",
      work: "rewrite",
    };
  }),
  fires: [
    "alter table users add column l int generated always as (length(name)) stored",
    "alter table orders add column d numeric generated always as (amount * 2) stored",
    "-- unknown\nalter table t add column b int generated always as (a + 1) stored",
  ],
  silent: [
    "alter table users add column l int generated always as (length(name)) virtual",
    "create table t (a int, b int generated always as (a + 1) stored)",
    "create table t (a int); alter table t add column b int generated always as (a + 1) stored",
    "alter table users add column l int default 3",
  ],
};
