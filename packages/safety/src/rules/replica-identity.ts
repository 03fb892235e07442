import type { Rule } from "../rule.ts";

export const rule: Rule = {
  name: "replica-identity",
  severity: "error",
  summary: "Without a replica identity a published table refuses UPDATE and DELETE.",
  find: (at) => {
    const { action, schema } = at;
    if (action.do === "alter table" && action.change.do === "replica identity" && action.change.kind === "n")
      return [
        {
          message: `updates and deletes of ${schema.resolve(action.table)} fail once it is published`,
          hint: "REPLICA IDENTITY DEFAULT with a primary key, or FULL",
          table: schema.resolve(action.table),
        },
      ];
    if (
      action.do !== "create table" ||
      action.temporary ||
      action.partitionOf ||
      action.like ||
      action.parents.length > 0
    )
      return [];
    return [];
  },
  fires: [
    "alter table users replica identity nothing",
    "alter table public.orders replica identity nothing",
    "create table t (a int primary key); alter table t replica identity nothing",
  ],
  silent: [
    "alter table users replica identity full",
    "alter table orders replica identity using index orders_code_idx",
    "alter table users replica identity default",
  ],
};
