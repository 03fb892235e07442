import { isOld, on, type Rule, under } from "../rule.ts";

export const rule: Rule = {
  name: "drop-trigger",
  severity: "warning",
  summary: "DROP TRIGGER waits for every query of the table, and what it kept true is no longer kept.",
  find: on("drop", ({ type, name }, { schema }) => {
    if (type !== "OBJECT_TRIGGER") return undefined;
    const table = schema.resolve(name.slice(0, -1));
    return (
      isOld(schema.relations.get(table)) && {
        message: `dropping ${name.at(-1)} locks ${table} ${under("ACCESS EXCLUSIVE")}`,
        hint: "a short lock_timeout, in a transaction of its own",
        table,
        lock: "ACCESS EXCLUSIVE",
      }
    );
  }),
  fires: [
    "drop trigger touch on users",
    "drop trigger if exists touch on public.users",
    "drop trigger other on orders",
  ],
  silent: [
    "drop function touch()",
    "create table n (a int); create trigger t before insert on n for each row execute function touch(); drop trigger t on n",
    "alter table users disable trigger touch",
  ],
};
