import { on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "integer-key",
  severity: "note",
  optional: true,
  summary: "A key of type integer ends at 2,147,483,647.",
  find: on("create table", ({ constraints, columns, table }) => {
    const keys = new Set(constraints.flatMap(({ kind, columns: own }) => (kind === "primary key" ? own : [])));
    const own = columns.find(({ name, type }) => keys.has(name) && ["int4", "int2"].includes(type.name));
    return own && { message: `the key ${table.join(".")}.${own.name} is ${own.type.name}`, hint: "bigint or uuid" };
  }),
  fires: [
    "create table t (id int primary key)",
    "create table t (id smallint, primary key (id))",
    "create table t (id serial primary key)",
  ],
  silent: [
    "create table t (id bigint primary key)",
    "create table t (id uuid primary key, n int)",
    "create table t (n int)",
  ],
};
