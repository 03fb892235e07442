import type { Rule } from "../rule.ts";

export const rule: Rule = {
  name: "schema-unqualified",
  severity: "note",
  optional: true,
  summary: "A name without its schema means another table under another search_path.",
  find: ({ action }) => {
    const name = (action as { table?: readonly string[] }).table;
    return name?.length === 1 && action.do !== "create index"
      ? [{ message: `${name[0]} is found through search_path`, hint: `public.${name[0]}` }]
      : [];
  },
  fires: ["alter table users add column x int", "create table t (a int)", "update users set age = 1 where id = 1"],
  silent: ["alter table public.users add column x int", "create table app.t (a int)", "select 1"],
};
