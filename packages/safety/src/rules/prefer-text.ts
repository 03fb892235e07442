import type { Rule } from "../rule.ts";
import { typeRule } from "./shared/style.ts";

export const rule: Rule = typeRule(
  "prefer-text",
  ["varchar"],
  "A longer varchar needs a migration; text with a CHECK does not.",
  "text, with a CHECK for its length",
  {
    fires: [
      "create table t (a varchar(30))",
      "alter table users add column c varchar",
      "create table t (a character varying(5))",
    ],
    silent: ["create table t (a text)", "create table t (a char(3))", "create table t (a int)"],
  },
);
