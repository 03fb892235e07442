import { on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "key-exhaustion",
  severity: "note",
  summary: "An integer key ends at 2,147,483,647.",
  find: on("create table", ({ constraints, columns, temporary, table }) => {
    const key = constraints.find(({ kind }) => kind === "primary key")?.columns ?? [];
    const own = columns.find(
      ({ name, type, identity }) =>
        key.length === 1 && name === key[0] && identity && ["int4", "int2"].includes(type.name),
    );
    return (
      own &&
      !temporary && { message: `${table.join(".")}.${own.name} numbers its rows with an integer`, hint: "bigint" }
    );
  }),
  fires: [
    "create table t (id serial primary key)",
    "create table t (id int generated always as identity primary key)",
    "create table t (id smallserial, primary key (id))",
  ],
  silent: [
    "create table t (id bigserial primary key)",
    "create table t (id int primary key)",
    "create table t (id uuid primary key)",
  ],
};
