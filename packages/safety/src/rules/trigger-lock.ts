import { isLive, on, type Rule, under } from "../rule.ts";

export const rule: Rule = {
  name: "trigger-lock",
  severity: "warning",
  summary: "CREATE TRIGGER waits for writers, and keeps them waiting.",
  find: on("create trigger", ({ table, trigger }, { schema }) => {
    const name = schema.resolve(table);
    return (
      isLive(schema.relation(table)) && {
        message: `creating ${trigger} locks ${name} ${under("SHARE ROW EXCLUSIVE")}`,
        hint: "a short lock_timeout, in a transaction of its own",
        table: name,
        lock: "SHARE ROW EXCLUSIVE",
      }
    );
  }),
  fires: [
    "create trigger t before insert on users for each row execute function touch()",
    "create or replace trigger t after update on orders for each row execute function touch()",
    "-- unknown\ncreate trigger t before insert on x for each row execute function f()",
  ],
  silent: [
    "create table n (a int); create trigger t before insert on n for each row execute function touch()",
    "create function f() returns trigger language plpgsql as 'begin return new; end'",
    "drop trigger touch on users",
  ],
};
