import type { Hit, LockMode } from "../finding.ts";
import type { Name } from "../parse/syntax.ts";
import { any, type At, isLive, on, type Rule, under } from "../rule.ts";

export const rule: Rule = {
  name: "trigger-lock",
  severity: "warning",
  summary: "CREATE TRIGGER waits for writers, and keeps them waiting; CREATE RULE keeps readers waiting too.",
  find: any(
    on("create trigger", ({ table, trigger }, at) => locks(table, trigger, at, "SHARE ROW EXCLUSIVE")),
    on("create rule", ({ table, rule: name }, at) => locks(table, name, at, "ACCESS EXCLUSIVE")),
  ),
  fires: [
    "create rule r as on delete to users do instead nothing",
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

function locks(table: Name, made: string, { schema }: At, lock: LockMode): Hit | undefined {
  const name = schema.resolve(table);
  if (!isLive(schema.relation(table))) return undefined;
  const hint = "a short lock_timeout, in a transaction of its own";
  return { message: `creating ${made} locks ${name} ${under(lock)}`, hint, table: name, lock };
}
