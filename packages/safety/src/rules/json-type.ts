import type { Rule } from "../rule.ts";
import { typeRule } from "./shared/style.ts";

export const rule: Rule = typeRule(
  "json-type",
  ["json"],
  "json has no =, so DISTINCT, UNION and GROUP BY over it fail.",
  "jsonb",
  {
    fires: [
      "create table t (a json)",
      "alter table users add column j json",
      "create table t (a json not null default '{}')",
    ],
    silent: ["create table t (a jsonb)", "alter table users add column j jsonb", "create table t (a text)"],
  },
);
