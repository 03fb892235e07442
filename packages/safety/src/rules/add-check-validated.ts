import { type Rule, under } from "../rule.ts";
import { onConstraint, onPlainTable } from "./shared/constraints.ts";

export const rule: Rule = {
  name: "add-check-validated",
  severity: "error",
  summary: "ADD CHECK looks at every row while nobody reads or writes.",
  find: onConstraint(({ kind, validated, enforced }, table) => {
    if (kind !== "check" || !validated || !enforced || !onPlainTable(table)) return undefined;
    return {
      message: `every row of ${table.table} is checked ${under("ACCESS EXCLUSIVE")}`,
      hint: "ADD CONSTRAINT … NOT VALID, and VALIDATE CONSTRAINT in a later transaction",
      table: table.table,
      lock: "ACCESS EXCLUSIVE",
      work: "scan",
    };
  }),
  fires: [
    "alter table users add check (age < 200)",
    "alter table users add constraint c check (length(name) > 2)",
    "alter table users add column size int check (size > 0)",
    "alter table users add column size int default 1 check (size > 0)",
    "-- unknown\nalter table t add check (a > 1)",
    "alter table events add check (id > 0)",
  ],
  silent: [
    "alter table users add check (age < 200) not valid",
    "create table t (a int check (a > 0))",
    "create table t (a int); alter table t add check (a > 0)",
    "alter table users add constraint c check (age < 200) not enforced",
    "alter table users validate constraint name_there",
  ],
};
