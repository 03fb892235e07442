import type { Rule } from "../rule.ts";
import { typeRule } from "./shared/style.ts";

export const rule: Rule = typeRule(
  "prefer-timestamptz",
  ["timestamp"],
  "A timestamp without a time zone means another moment in each session.",
  "timestamptz",
  {
    fires: [
      "create table t (a timestamp)",
      "alter table users add column t timestamp without time zone",
      "create table t (a timestamp(3))",
    ],
    silent: [
      "create table t (a timestamptz)",
      "create table t (a date)",
      "alter table users add column t timestamp with time zone",
    ],
  },
);
