import { on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "rename-schema",
  severity: "error",
  summary: "Code that knows the old name fails.",
  find: on(
    "rename",
    ({ type, from, to }) =>
      type === "OBJECT_SCHEMA" && {
        message: `code that names the schema ${from} fails: it is ${to} now`,
        hint: "a new schema, and views in the old one",
      },
  ),
  fires: [
    "alter schema app rename to application",
    "alter schema public rename to old",
    "alter schema other rename to more",
  ],
  silent: ["alter table users rename to people", "create schema app2", "drop schema app"],
};
