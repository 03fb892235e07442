import { type Rule, under } from "../rule.ts";
import { onConstraint, onPlainTable } from "./shared/constraints.ts";

export const rule: Rule = {
  name: "add-unique-blocking",
  severity: "error",
  summary: "ADD UNIQUE builds its index while nobody reads or writes.",
  find: onConstraint(({ kind, index }, table) => {
    if (kind !== "unique" || index !== undefined || !onPlainTable(table)) return undefined;
    return {
      message: `the index of the unique constraint on ${table.table} is built ${under("ACCESS EXCLUSIVE")}`,
      hint: "CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT … UNIQUE USING INDEX",
      table: table.table,
      lock: "ACCESS EXCLUSIVE",
      work: "build",
    };
  }),
  fires: [
    "alter table users add constraint u unique (name)",
    "alter table users add unique (name, age)",
    "alter table users add column nick text unique",
    "-- unknown\nalter table t add unique (a)",
    "create table t (a int); insert into t values (1); alter table t add unique (a)",
  ],
  silent: [
    "create unique index i on users (age); alter table users add constraint u unique using index i",
    "create table t (a int); alter table t add unique (a)",
    "create table t (a int unique)",
    "alter table users add check (age > 1) not valid",
  ],
};
