import { type Rule, under } from "../rule.ts";
import { onConstraint, onPlainTable } from "./shared/constraints.ts";

export const rule: Rule = {
  name: "add-primary-key-blocking",
  severity: "error",
  summary: "ADD PRIMARY KEY builds its index, and looks for nulls, while nobody reads or writes.",
  find: onConstraint(({ kind, index }, table) => {
    if (kind !== "primary key" || index !== undefined || !onPlainTable(table)) return undefined;
    return {
      message: `the index of the primary key of ${table.table} is built ${under("ACCESS EXCLUSIVE")}`,
      hint: "CREATE UNIQUE INDEX CONCURRENTLY, then ADD PRIMARY KEY USING INDEX",
      table: table.table,
      lock: "ACCESS EXCLUSIVE",
      work: "build",
    };
  }),
  fires: [
    "alter table spare add primary key (id)",
    "alter table spare add constraint p primary key (id, at)",
    "alter table spare add column n int primary key",
    "-- unknown\nalter table t add primary key (a)",
  ],
  silent: [
    "create unique index i on spare (id); alter table spare add primary key using index i",
    "create table t (a int); alter table t add primary key (a)",
    "create table t (a int primary key)",
  ],
};
