import { isOld, onChange, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "drop-default-breaks-old-writers",
  severity: "error",
  summary: "A release that leaves the column out sends a null once its default is gone, and NOT NULL refuses that.",
  find: onChange("drop default", ({ column }, { table, relation }) => {
    const own = relation?.columns.get(column);
    if (!isOld(relation) || (own && (!own.notNull || own.default === undefined))) return undefined;
    return {
      message: `a release that leaves ${table}.${column} out fails with 23502: it is NOT NULL and has no default any more`,
      hint: "keep the default until every release sends the column",
      table,
      unknown: own === undefined,
    };
  }),
  fires: [
    "alter table orders alter column status drop default",
    "alter table users add column x int not null default 1; alter table users alter x drop default",
    "alter table users alter created_at drop default",
    "-- unknown\nalter table t alter a drop default",
  ],
  silent: [
    "alter table users alter column code drop default",
    "create table t (a int not null default 1); alter table t alter a drop default",
    "alter table users alter column age drop default",
  ],
};
