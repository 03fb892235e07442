import { lockModes } from "../finding.ts";
import { type Rule } from "../rule.ts";
import { blocks } from "../run.ts";

const isStrong = (lock: (typeof lockModes)[number]) =>
  lockModes.indexOf(lock) >= lockModes.indexOf("SHARE ROW EXCLUSIVE");

export const rule: Rule = {
  name: "several-tables-locked",
  severity: "warning",
  summary: "Strong locks on two tables in one transaction meet programs that take them in the other order: a deadlock.",
  find: (at) => {
    const { effects, run, schema } = at;
    const mine = effects.filter((one) => isStrong(one.lock) && blocks(one, schema)).map(({ relation }) => relation);
    const held = run.inTransaction.flatMap((done) =>
      done.effects.filter((one) => isStrong(one.lock) && blocks(one, schema)).map(({ relation }) => relation),
    );
    const partitions = (name: string) => schema.relations.get(name)?.parent;
    const others = [...new Set(mine.length > 1 ? mine : held)].filter((one) => !mine.includes(one) || mine.length > 1);
    const distinct = [...new Set([...mine, ...others])].filter((one) => partitions(one) === undefined);
    const before = new Set(held.filter((one) => partitions(one) === undefined));
    if (mine.length === 0 || distinct.length < 2 || (before.size >= 2 && mine.every((one) => before.has(one))))
      return [];
    return [
      {
        message: `this transaction holds strong locks on ${distinct.join(" and ")}: a program that takes them in the other order is in a deadlock with it`,
        hint: "one table a transaction",
        table: mine[0],
      },
    ];
  },
  fires: [
    "alter table users add column x int; alter table orders add column y int",
    "alter table orders add foreign key (ref_id) references orgs (id) not valid",
    "create table t (a bigint references users (id), b int references orders (id))",
    "drop table orders",
    "truncate users, spare",
  ],
  silent: [
    "alter table users add column x int; alter table users add column y int",
    "-- outside\nalter table users add column x int; alter table orders add column y int",
    "create table t (a bigint references users (id))",
    "create table t (a int); alter table users add column x int",
    "alter table users add column x int; create index concurrently i on orders (amount)",
    "alter table events add column x int",
  ],
};
