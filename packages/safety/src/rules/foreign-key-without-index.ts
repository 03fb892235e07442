import { type Rule } from "../rule.ts";
import { keysAddedBy } from "./shared/constraints.ts";

export const rule: Rule = {
  name: "foreign-key-without-index",
  severity: "warning",
  summary: "Without an index that begins with its columns, each DELETE of the parent scans the child.",
  finish: ({ actions, schema }) =>
    actions.flatMap(({ action, statement }) => {
      const added = keysAddedBy(action);
      return added.flatMap(({ table, constraint }) => {
        const name = schema.resolve(table);
        const leading = schema
          .indexesOf(name)
          .some(
            ({ columns, partial }) =>
              !partial && constraint.columns.every((one) => columns.slice(0, constraint.columns.length).includes(one)),
          );
        if (leading || !schema.relations.has(name)) return [];
        return [
          {
            statement,
            message: `no index of ${name} begins with ${constraint.columns.join(", ")}: each DELETE of the parent scans it`,
            hint: "CREATE INDEX CONCURRENTLY before the key",
            table: name,
          },
        ];
      });
    }),
  fires: [
    "alter table orders add foreign key (ref_id) references orgs (id) not valid",
    "create table t (a bigint references orgs (id))",
    "alter table users add column boss bigint references users (id)",
    "create table t (a bigint, b bigint references orgs (id)); create index i on t (a, b)",
  ],
  silent: [
    "create table t (a bigint references orgs (id)); create index i on t (a)",
    "create table t (a bigint primary key references orgs (id))",
    "alter table orders add foreign key (user_id) references users (id) not valid",
    "create index i on orders (ref_id); alter table orders add foreign key (ref_id) references orgs (id) not valid",
  ],
};
