import { onChange, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "column-count",
  severity: "error",
  summary: "A table has 1600 columns at most, and dropped ones count.",
  find: onChange("add column", ({ column }, { table, relation }) => {
    const count = relation?.columns.size ?? 0;
    return (
      count >= 1500 && {
        message: `${table} has ${count} columns; PostgreSQL takes 1600, with those that were dropped`,
        hint: `a table beside it for ${column.name}`,
        table,
      }
    );
  }),
  fires: [
    `create table wide (${Array.from({ length: 1500 }, (_, index) => `c${index} int`).join(", ")}); alter table wide add column more int`,
    `create table wide (${Array.from({ length: 1590 }, (_, index) => `c${index} int`).join(", ")}); alter table wide add column more int`,
    `create table wide (${Array.from({ length: 1599 }, (_, index) => `c${index} int`).join(", ")}); alter table wide add column a int, add column b int`,
  ],
  silent: [
    "alter table users add column x int",
    "create table t (a int); alter table t add b int",
    "alter table orders add column a int, add column b int",
  ],
};
