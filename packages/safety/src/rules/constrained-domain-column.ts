import { isLive, onChange, type Rule, under } from "../rule.ts";

export const rule: Rule = {
  name: "constrained-domain-column",
  severity: "error",
  summary: "A new column of a domain with constraints rewrites the table, even when it is null.",
  find: onChange("add column", ({ column }, { table, relation, at }) => {
    const domain = at.schema.domains.get(column.type.name.split(".").at(-1) ?? "");
    if (!isLive(relation) || !domain?.constrained) return undefined;
    return {
      message: `${table} is rewritten, because ${column.name} is of the domain ${column.type.name}, which has constraints, ${under("ACCESS EXCLUSIVE")}`,
      hint: "a column of the base type, with a CHECK NOT VALID",
      table,
      lock: "ACCESS EXCLUSIVE",
      work: "rewrite",
    };
  }),
  fires: [
    "alter table users add column p positive",
    "alter table users add column p public.positive default 3",
    "create domain d as text not null; alter table users add column p d default 'x'",
  ],
  silent: [
    "alter table users add column p label",
    "create table t (p positive)",
    "alter table users add column p int",
    "create table t (a int); alter table t add column p positive",
  ],
};
