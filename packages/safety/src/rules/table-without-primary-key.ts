import type { Rule } from "../rule.ts";

export const rule: Rule = {
  name: "table-without-primary-key",
  severity: "note",
  optional: true,
  summary: "Rows without a key can be named by nobody, and a published table refuses UPDATE and DELETE.",
  finish: ({ actions, schema }) =>
    actions.flatMap(({ action, statement }) => {
      if (action.do !== "create table" || action.temporary || action.partitionOf) return [];
      const relation = schema.relation(action.table);
      const hasKey = [...(relation?.constraints.values() ?? [])].some(({ kind }) => kind === "primary key");
      return relation && !hasKey ? [{ statement, message: `${relation.name} has no primary key`, hint: "a key" }] : [];
    }),
  fires: ["create table t (a int)", "create table t (a int unique)", "create unlogged table t (a int)"],
  silent: [
    "create table t (a int primary key)",
    "create table t (a int); alter table t add primary key (a)",
    "create temporary table t (a int)",
    "create table e partition of events for values from ('2030-01-01') to ('2031-01-01')",
  ],
};
