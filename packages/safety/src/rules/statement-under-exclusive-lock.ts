import { isLive, type Rule } from "../rule.ts";
import { blocks } from "../run.ts";

export const rule: Rule = {
  name: "statement-under-exclusive-lock",
  severity: "warning",
  summary: "Whatever follows an ACCESS EXCLUSIVE lock in its transaction prolongs it.",
  find: (at) => {
    const { action, effects, run, schema, statement } = at;
    const long =
      ["update", "delete", "merge", "insert", "select", "create table as", "copy from", "do"].includes(action.do) ||
      effects.some(({ work, relation }) => work !== "none" && isLive(schema.relations.get(relation)));
    if (!long || action.do === "do") return [];
    const held = run.inTransaction.find(
      ({ effects: before, statement: earlier }) =>
        earlier !== statement && before.some((one) => one.lock === "ACCESS EXCLUSIVE" && blocks(one, schema)),
    );
    const relation = held?.effects.find((one) => one.lock === "ACCESS EXCLUSIVE" && blocks(one, schema))?.relation;
    if (relation === undefined) return [];
    return [
      {
        message: `${relation} stays locked against reads and writes while this runs`,
        hint: "a migration of its own behind this one",
        table: relation,
        lock: "ACCESS EXCLUSIVE",
      },
    ];
  },
  fires: [
    "alter table users add column x int; update users set x = 1",
    "alter table users drop column age; create index i on orders (amount)",
    "alter table users add column x int; insert into orgs values (1)",
    "alter table orders add column y int; delete from lines where id < 10",
    "drop table spare; select count(*) from users",
  ],
  silent: [
    "alter table users add column x int; alter table users add column y int",
    "create table t (a int); insert into t values (1)",
    "-- outside\nalter table users add column x int; update users set x = 1 where id < 10",
    "update users set age = 1 where id < 10; alter table users add column x int",
    "alter table users add column x int; create table t (a int)",
  ],
};
