import { isOld, isUnknown, onChange, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "drop-column",
  severity: "error",
  summary: "The column's data is gone, and code that still names it fails.",
  find: onChange("drop column", ({ column }, { table, relation }) => {
    const own = relation?.columns.get(column);
    if (!isOld(relation) || own?.isNew) return undefined;
    return {
      message: `${table}.${column} and what is in it are gone; code that names it fails with 42703`,
      hint: "release code that does not name it first, and drop it then",
      table,
      lock: "ACCESS EXCLUSIVE",
      unknown: isUnknown(relation),
    };
  }),
  fires: [
    "alter table users drop column age",
    "alter table users drop column if exists note",
    "alter table users drop age, drop note",
    "-- unknown\nalter table t drop column a",
  ],
  silent: [
    "create table t (a int, b int); alter table t drop column b",
    "alter table users add column x int; alter table users drop column x",
    "create temporary table t (a int, b int); alter table t drop b",
  ],
};
