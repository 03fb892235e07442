import type { Rule } from "../rule.ts";
import { typeRule } from "./shared/style.ts";

export const rule: Rule = typeRule("money", ["money"], "money has the currency of the session's locale.", "numeric", {
  fires: ["create table t (a money)", "alter table users add column m money", "create table t (a money default 0)"],
  silent: ["create table t (a numeric(12,2))", "create table t (money int)", "alter table users add column m numeric"],
});
