import { isOld, isUnknown, onChange, type Rule } from "../rule.ts";
import { findAll, texts } from "../parse/syntax.ts";

const tightened = (table: string, what: string) => ({
  message: `a release that still runs may write to ${table} what ${what} refuses`,
  hint: "release code that keeps to it first",
  table,
});

const tightening = onChange(["add constraint", "set not null"], (change, { table, relation }) => {
  if (!isOld(relation) || isUnknown(relation)) return undefined;
  if (change.do === "set not null")
    return relation?.columns.get(change.column)?.notNull !== true && tightened(table, `NOT NULL of ${change.column}`);
  const { kind, enforced, index, expression } = change.constraint;
  if (index !== undefined || ((kind === "check" || kind === "foreign key") && !enforced) || kind === "primary key")
    return undefined;
  // What the new constraint is about may be as new as the constraint.
  const columns =
    change.constraint.columns.length > 0
      ? change.constraint.columns
      : findAll(expression, "ColumnRef").map(({ fields }) => texts(fields).at(-1) ?? "");
  const isNew = columns.length > 0 && columns.every((one) => relation?.columns.get(one)?.isNew);
  return !isNew && tightened(table, `the new ${kind}`);
});

export const rule: Rule = {
  name: "tightened-for-old-writers",
  severity: "warning",
  summary: "A release that still runs may write what the new constraint refuses.",
  find: (at) => {
    const { action, schema } = at;
    if (
      action.do === "create index" &&
      action.unique &&
      isOld(schema.relation(action.table)) &&
      !isUnknown(schema.relation(action.table))
    )
      return [tightened(schema.resolve(action.table), "a unique index")];
    return tightening(at);
  },
  fires: [
    "alter table users add check (age < 100) not valid",
    "alter table users alter column age set not null",
    "alter table users add unique (name)",
    "alter table orders add foreign key (ref_id) references orgs (id) not valid",
    "create unique index i on users (name)",
  ],
  silent: [
    "create table t (a int unique, check (a > 0))",
    "alter table users add column x int check (x > 0)",
    "create table t (a int); alter table t add check (a > 0)",
    "alter table users drop constraint age_positive",
    "alter table users alter email set not null",
  ],
};
