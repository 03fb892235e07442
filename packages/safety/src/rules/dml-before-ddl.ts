import { type Rule } from "../rule.ts";
import { blocks } from "../run.ts";

export const rule: Rule = {
  name: "dml-before-ddl",
  severity: "error",
  summary:
    "Rows are changed and then the table altered in one transaction: a lock upgrade, and an error where triggers are pending.",
  find: (at) => {
    const { action, effects, run, schema, statement } = at;
    if (["insert", "update", "delete", "merge", "copy from", "select"].includes(action.do)) return [];
    const strong = effects.find((one) => blocks(one, schema));
    const dml =
      strong &&
      run.inTransaction.find(
        (done) =>
          done.statement !== statement &&
          ["insert", "update", "delete", "merge"].includes(done.action.do) &&
          schema.resolve((done.action as { table: readonly string[] }).table) === strong.relation,
      );
    return dml
      ? [
          {
            message: `${strong.relation} was written to in this transaction: the lock is raised, which can deadlock, and pending triggers make it fail (55006)`,
            hint: "the rows in a migration of their own",
            table: strong.relation,
          },
        ]
      : [];
  },
  fires: [
    "update users set age = 1 where id < 10; alter table users alter age set not null",
    "insert into orgs values (1); alter table orgs add column x int",
    "delete from orders where id = 1; create index i on orders (amount)",
  ],
  silent: [
    "-- outside\nupdate users set age = 1 where id < 10; alter table users add column x int",
    "update users set age = 1 where id < 10; alter table orders add column x int",
    "alter table users add column x int; update users set x = 1 where id < 10",
    "create table t (a int); insert into t values (1); select 1",
  ],
};
