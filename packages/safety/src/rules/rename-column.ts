import { isOld, isUnknown, on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "rename-column",
  severity: "error",
  summary: "Code that knows the old name fails.",
  find: on("rename", ({ type, relation: name, from, to }, { schema }) => {
    const relation = schema.relation(name);
    if (type !== "OBJECT_COLUMN" || !isOld(relation) || relation?.columns.get(from)?.isNew) return undefined;
    return {
      message: `code that names ${schema.resolve(name)}.${from} fails with 42703: it is ${to} now`,
      hint: "a new column, written to by both releases, or a view with the old name",
      table: schema.resolve(name),
      lock: "ACCESS EXCLUSIVE",
      unknown: isUnknown(relation),
    };
  }),
  fires: [
    "alter table users rename column name to full_name",
    "alter table users rename age to years",
    "alter table orders rename column code to reference",
    "-- unknown\nalter table t rename column a to b",
  ],
  silent: [
    "create table t (a int); alter table t rename a to b",
    "alter table users add column x int; alter table users rename x to y",
    "alter table users rename constraint age_positive to p",
    "alter index users_name_idx rename to j",
  ],
};
