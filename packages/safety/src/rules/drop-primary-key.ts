import { isOld, onChange, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "drop-primary-key",
  severity: "error",
  summary: "Without a primary key a published table refuses UPDATE and DELETE, and rows have no name.",
  find: onChange("drop constraint", ({ constraint }, { table, relation }) => {
    const found = relation?.constraints.get(constraint);
    if (found?.kind !== "primary key" || !isOld(relation)) return undefined;
    return {
      message: `${table} loses its primary key, and with it its replica identity`,
      hint: "add the new key in the same statement, by USING INDEX",
      table,
      lock: "ACCESS EXCLUSIVE",
    };
  }),
  fires: [
    "alter table orders drop constraint orders_pkey",
    "alter table users drop constraint users_pkey cascade",
    "alter table app.items drop constraint items_pkey",
  ],
  silent: [
    "alter table users drop constraint age_positive",
    "create table t (a int primary key); alter table t drop constraint t_pkey",
    "alter table users drop constraint users_email_key",
  ],
};
