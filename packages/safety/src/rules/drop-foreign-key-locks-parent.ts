import { isLive, onChange, type Rule, under } from "../rule.ts";

export const rule: Rule = {
  name: "drop-foreign-key-locks-parent",
  severity: "warning",
  summary: "Dropping a foreign key locks the table that it refers to against reads and writes.",
  find: onChange(["drop constraint", "drop column"], (change, { table, relation, at }) => {
    const own = [...(relation?.constraints.values() ?? [])].filter(({ name, columns }) =>
      change.do === "drop constraint" ? name === change.constraint : columns.includes(change.column),
    );
    const parents = own
      .flatMap(({ references }) => references ?? [])
      .filter((name) => isLive(at.schema.relations.get(name)));
    const what = change.do === "drop constraint" ? change.constraint : change.column;
    return parents.map((parent) => ({
      message: `dropping ${what} of ${table} locks ${parent} too ${under("ACCESS EXCLUSIVE")}`,
      hint: "a short lock_timeout, in a transaction of its own",
      table: parent,
      lock: "ACCESS EXCLUSIVE" as const,
    }));
  }),
  fires: [
    "alter table orders drop constraint orders_user_id_fkey",
    "alter table users drop constraint users_org_id_fkey",
    "alter table lines drop constraint if exists lines_order_id_fkey",
  ],
  silent: [
    "alter table users drop constraint age_positive",
    "alter table orders drop constraint orders_pkey",
    "create table p (a int primary key); create table c (a int references p (a)); alter table c drop constraint c_a_fkey",
  ],
};
