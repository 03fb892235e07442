import type { Action } from "../parse/actions.ts";
import type { Rule } from "../rule.ts";
import type { Constraint, Relation, Schema } from "../schema/schema.ts";
import { writeType } from "../parse/syntax.ts";
import { keysAddedBy } from "./shared/constraints.ts";

export const rule: Rule = {
  name: "foreign-key-type-mismatch",
  severity: "warning",
  summary: "A key whose type is not the parent's casts at each look-up, and overflows first.",
  finish: ({ actions, schema }) =>
    actions.flatMap(({ action, statement }) =>
      touchedBy(action, schema).flatMap(({ child, constraint }) =>
        mismatches(schema, child, constraint).map((message) => ({
          statement,
          message,
          hint: "give both the same type",
          table: child.name,
        })),
      ),
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

interface Key {
  readonly child: Relation;
  readonly constraint: Pick<Constraint, "columns" | "references" | "referencedColumns">;
}

/** The foreign keys that an action adds, and those over a column whose type it changes, on either side. */
function touchedBy(action: Action, schema: Schema): Key[] {
  const added = keysAddedBy(action).flatMap(({ table, constraint }): Key[] => {
    const child = schema.relation(table);
    const { columns, references } = constraint;
    if (!child || !references) return [];
    return [
      {
        child,
        constraint: { columns, references: schema.resolve(references.table), referencedColumns: references.columns },
      },
    ];
  });
  if (action.do !== "alter table" || action.change.do !== "set type") return added;
  const own = schema.relation(action.table);
  const mine = [...(own?.constraints.values() ?? [])].filter(({ references }) => references !== undefined);
  const theirs = schema
    .referencesTo(schema.resolve(action.table))
    .map(({ from, constraint }) => ({ child: from, constraint }));
  return [...(own ? mine.map((constraint) => ({ child: own, constraint })) : []), ...theirs];
}

function mismatches(
  schema: Schema,
  child: Relation,
  { columns, references, referencedColumns }: Key["constraint"],
): string[] {
  const parent = schema.relations.get(references ?? "");
  const key = [...(parent?.constraints.values() ?? [])].find(({ kind }) => kind === "primary key")?.columns ?? [];
  const targets = referencedColumns.length > 0 ? referencedColumns : key;
  return columns.flatMap((column, index) => {
    const [own, other] = [child.columns.get(column)?.type, parent?.columns.get(targets[index] ?? "")?.type];
    if (!own || !other || own.name === other.name) return [];
    return [
      `${child.name}.${column} is ${writeType(own)}, and ${parent?.name}.${targets[index]} is ${writeType(other)}`,
    ];
  });
}
