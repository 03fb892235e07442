import { on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "opaque-sql",
  severity: "warning",
  summary: "What a DO block, EXECUTE or CALL does is known only while it runs.",
  find: on("do", () => ({
    message: "what this code does is known only while it runs",
    hint: "plain statements, or `migrator trace`, which measures it",
    unknown: true,
  })),
  fires: [
    "do $$ begin execute 'drop ' || 'table users'; end $$",
    "do $$ begin perform 1; end $$",
    "call refresh_all()",
  ],
  silent: [
    "select 1",
    "create function f() returns int language sql as 'select 1'",
    "update users set age = 1 where id = 1",
  ],
};
