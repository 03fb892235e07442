import { isOld, isUnknown, on, type Rule } from "../rule.ts";
import { tableKinds } from "./shared/tables.ts";

export const rule: Rule = {
  name: "drop-table",
  severity: "error",
  summary: "The table's data is gone, and code that still names it fails.",
  find: on("drop", ({ type, name }, { schema }) => {
    if (!tableKinds.includes(type)) return undefined;
    const relation = schema.relation(name);
    if (!isOld(relation)) return undefined;
    const isTable = type === "OBJECT_TABLE";
    return {
      message: `${schema.resolve(name)}${isTable ? " and all its rows are" : " is"} gone; code that names it fails with 42P01`,
      hint: "release code that does not name it first, and drop it then",
      table: isTable ? schema.resolve(name) : undefined,
      lock: "ACCESS EXCLUSIVE",
      unknown: isUnknown(relation),
    };
  }),
  fires: [
    "drop table users",
    "drop table if exists orders, orgs",
    "drop view active_users",
    "drop materialized view totals",
    "-- unknown\ndrop table t",
  ],
  silent: [
    "create table t (a int); drop table t",
    "create temporary table t (a int); drop table t",
    "drop index users_name_idx",
    "drop function touch() cascade",
  ],
};
