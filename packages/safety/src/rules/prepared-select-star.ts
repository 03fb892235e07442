import { isOld, isUnknown, onChange, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "prepared-select-star",
  severity: "note",
  summary: "A prepared SELECT * fails once (0A000) when the table's columns change under it.",
  find: onChange(["add column", "drop column", "set type"], (change, { table, relation }) => {
    if (!isOld(relation) || isUnknown(relation) || change.do === "add column") return undefined;
    return {
      message: `drivers that keep prepared plans of SELECT * FROM ${table} fail once with 0A000`,
      hint: "name the columns, or let the pool reconnect",
      table,
    };
  }),
  fires: [
    "alter table users drop column age",
    "alter table users alter column age type bigint",
    "alter table users alter column score type numeric(12,2)",
  ],
  silent: [
    "create table t (a int, b int); alter table t drop column b",
    "alter table users alter column age set default 1",
    "alter table users alter column age set not null",
  ],
};
