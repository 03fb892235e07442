import type { Hit } from "../finding.ts";
import { findAll, texts } from "../parse/syntax.ts";
import { any, on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "opaque-sql",
  severity: "warning",
  summary: "What a DO block, EXECUTE or CALL does is known only while it runs.",
  find: any(
    on("do", () => opaque),
    on("select", ({ node }, { schema }) => {
      const called = findAll(node, "FuncCall").map(({ funcname }) => texts(funcname).at(-1) ?? "");
      return called.some((name) => schema.functions.has(name)) && opaque;
    }),
  ),
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

const opaque: Hit = {
  message: "what this code does is known only while it runs",
  hint: "plain statements, or `migrator trace`, which measures it",
  unknown: true,
};
