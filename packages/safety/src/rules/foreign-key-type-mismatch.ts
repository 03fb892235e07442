import type { Rule } from "../rule.ts";
import { writeType } from "../syntax.ts";
import { keysAddedBy } from "./shared/constraints.ts";

export const rule: Rule = {
  name: "foreign-key-type-mismatch",
  severity: "warning",
  summary: "A key whose type is not the parent's casts at each look-up, and overflows first.",
  finish: ({ actions, schema }) =>
    actions.flatMap(({ action, statement }) =>
      keysAddedBy(action).flatMap(({ table, constraint }) => {
        const child = schema.relation(table);
        const parent = constraint.references && schema.relation(constraint.references.table);
        const key = [...(parent?.constraints.values() ?? [])].find(({ kind }) => kind === "primary key")?.columns ?? [];
        const named = constraint.references?.columns ?? [];
        const targets = named.length > 0 ? named : key;
        return constraint.columns.flatMap((column, index) => {
          const [own, other] = [child?.columns.get(column)?.type, parent?.columns.get(targets[index] ?? "")?.type];
          if (!own || !other || own.name === other.name) return [];
          return [
            {
              statement,
              message: `${child?.name}.${column} is ${writeType(own)}, and ${parent?.name}.${targets[index]} is ${writeType(other)}`,
              hint: "give both the same type",
              table: child?.name,
            },
          ];
        });
      }),
    ),
  fires: [
    "create table t (a int references orgs (id))",
    "alter table orders add foreign key (ref_id) references users (id) not valid",
    "alter table users add column last_order bigint references orders (id)",
  ],
  silent: [
    "create table t (a bigint references orgs (id))",
    "alter table users add column last_order int references orders (id)",
    "create table t (a varchar(10), foreign key (a) references orders (code)); select 1",
  ],
};
