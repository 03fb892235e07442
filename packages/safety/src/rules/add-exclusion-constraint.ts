import { type Rule, under } from "../rule.ts";
import { onConstraint, onPlainTable } from "./shared/constraints.ts";

export const rule: Rule = {
  name: "add-exclusion-constraint",
  severity: "error",
  summary: "An exclusion constraint builds its index while nobody reads or writes; there is no other way.",
  find: onConstraint(({ kind }, table) => {
    if (kind !== "exclude" || !onPlainTable(table)) return undefined;
    return {
      message: `the index of the exclusion constraint on ${table.table} is built ${under("ACCESS EXCLUSIVE")}`,
      hint: "a new table with the constraint, filled in batches and swapped in",
      table: table.table,
      lock: "ACCESS EXCLUSIVE",
      work: "build",
    };
  }),
  fires: [
    "alter table spare add exclude using gist (at with =)",
    "alter table spare add constraint e exclude (id with =)",
    "-- unknown\nalter table t add exclude (a with =)",
  ],
  silent: [
    "create table t (a int, exclude (a with =))",
    "create table t (a int); alter table t add exclude (a with =)",
    "alter table users add unique (age)",
  ],
};
