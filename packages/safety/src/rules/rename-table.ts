import { isOld, isUnknown, on, type Rule } from "../rule.ts";
import { tableKinds } from "./shared/tables.ts";

export const rule: Rule = {
  name: "rename-table",
  severity: "error",
  summary: "Code that knows the old name fails.",
  find: on("rename", ({ type, relation: name, to }, { schema }) => {
    const relation = schema.relation(name);
    // ALTER TABLE renames an index too.
    const isIndex = !relation && schema.indexes.has(schema.resolve(name, schema.indexes));
    if (!tableKinds.includes(type) || !isOld(relation) || isIndex) return undefined;
    return {
      message: `code that names ${schema.resolve(name)} fails with 42P01: it is ${to} now`,
      hint: "a view with the old name in the same transaction, until no release uses it",
      table: schema.resolve(name),
      lock: "ACCESS EXCLUSIVE",
      unknown: isUnknown(relation),
    };
  }),
  fires: [
    "alter table users rename to people",
    "alter view active_users rename to actives",
    "alter table if exists orders rename to purchases",
    "-- unknown\nalter table t rename to u",
  ],
  silent: [
    "create table t (a int); alter table t rename to u",
    "alter table users rename column age to years",
    "alter index users_name_idx rename to j",
    "alter table users add column x int",
  ],
};
