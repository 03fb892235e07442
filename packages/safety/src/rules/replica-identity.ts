import type { Hit } from "../finding.ts";
import { any, isOld, on, onChange, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "replica-identity",
  severity: "error",
  summary: "Without a replica identity a published table refuses UPDATE and DELETE.",
  find: any(
    on("drop", ({ type, name }, { schema }) => {
      const index = schema.indexes.get(schema.resolve(name, schema.indexes));
      const identity = schema.relations.get(index?.table ?? "")?.replicaIdentity;
      return type === "OBJECT_INDEX" && index !== undefined && identity?.index === index.name && lost(index.table);
    }),
    onChange("replica identity", ({ kind }, { table }) => kind === "n" && lost(table)),
    onChange("drop constraint", ({ constraint }, { table, relation }) => {
      const found = relation?.constraints.get(constraint);
      return found?.kind === "primary key" && relation?.replicaIdentity.kind === "d" && isOld(relation) && lost(table);
    }),
  ),
  fires: [
    "alter table orders replica identity using index orders_code_idx; drop index orders_code_idx",
    "alter table users replica identity nothing",
    "alter table public.orders replica identity nothing",
    "create table t (a int primary key); alter table t replica identity nothing",
  ],
  silent: [
    "alter table orders replica identity full; alter table orders drop constraint orders_pkey",
    "alter table users replica identity full",
    "alter table orders replica identity using index orders_code_idx",
    "alter table users replica identity default",
  ],
};

const lost = (table: string): Hit => ({
  message: `updates and deletes of ${table} fail once it is published`,
  hint: "REPLICA IDENTITY DEFAULT with a primary key, or FULL",
  table,
});
