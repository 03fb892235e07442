import { isOld, isUnknown, onChange, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "drop-not-null",
  severity: "warning",
  summary: "Code that was written against NOT NULL meets a null.",
  find: onChange("drop not null", ({ column }, { table, relation }) => {
    if (!isOld(relation) || relation?.columns.get(column)?.isNew || relation?.columns.get(column)?.notNull === false)
      return undefined;
    return {
      message: `readers of ${table}.${column} may meet a null from now on`,
      hint: "release code that expects it first",
      table,
      unknown: isUnknown(relation),
    };
  }),
  fires: [
    "alter table users alter column email drop not null",
    "alter table orders alter status drop not null",
    "-- unknown\nalter table t alter a drop not null",
  ],
  silent: [
    "alter table users alter column age drop not null",
    "create table t (a int not null); alter table t alter a drop not null",
    "alter table users add column x int not null default 1; alter table users alter x drop not null",
  ],
};
