import { isOld, on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "set-schema",
  severity: "error",
  summary: "Code that finds the object where it was fails.",
  find: on(
    "set schema",
    ({ relation: name, to }, { schema }) =>
      isOld(schema.relation(name)) && {
        message: `${name.join(".")} is in ${to} from now on: code that names it with its schema, or whose search_path lacks ${to}, fails`,
        hint: "a view in the old schema until no release uses it",
        table: schema.resolve(name),
      },
  ),
  fires: [
    "alter table users set schema app",
    "alter view active_users set schema app",
    "alter table if exists orders set schema archive",
  ],
  silent: [
    "create table t (a int); alter table t set schema app",
    "create schema archive",
    "alter table users rename to people",
  ],
};
