import type { Rule } from "../rule.ts";
import { typeRule } from "./shared/style.ts";

export const rule: Rule = typeRule(
  "char-type",
  ["bpchar"],
  "char(n) pads with blanks, and takes no less space.",
  "text, with a CHECK for its length",
  {
    fires: ["create table t (a char(3))", "create table t (a character(10))", "alter table users add column c char"],
    silent: ["create table t (a varchar(3))", "create table t (a text)", `create table t (a "char")`],
  },
);
