import { on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "create-enum",
  severity: "note",
  optional: true,
  summary: "A value of an enum cannot be removed.",
  find: on("create enum", ({ type }) => ({
    message: `values of ${type.join(".")} cannot be removed`,
    hint: "text with a CHECK, or a table",
  })),
  fires: ["create type t as enum ('a')", "create type app.t as enum ('a', 'b')", "create type t as enum ()"],
  silent: ["create type t as (a int)", "create domain t as text", "alter type mood add value 'x'"],
};
