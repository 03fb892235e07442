import type { Action } from "../parse/actions.ts";
import { isOld, type Rule } from "../rule.ts";
import type { Schema } from "../schema/schema.ts";
import { findAll, texts } from "../parse/syntax.ts";

export const rule: Rule = {
  name: "broken-dependents",
  severity: "error",
  summary: "A view or function names what is changed or goes: it fails now, or at run time.",
  find: (at) => {
    const { action, schema } = at;
    const target = targetOf(action, schema);
    if (!target || !isOld(schema.relations.get(target.table))) return [];
    const views = target.blocks ? schema.viewsOn(target.table) : [];
    const functions = [...schema.functions]
      .filter(([, body]) => new RegExp(`\\b${target.word}\\b`, "i").test(body))
      .map(([name]) => `${name}()`);
    const names = [...views.map(({ name }) => name), ...functions, ...ownDependents(action, schema)];
    if (names.length === 0) return [];
    return [
      {
        message: `${names.join(", ")} name ${target.word}: PostgreSQL refuses the change, or they fail when they run`,
        hint: "change them in the same migration, before it",
        table: target.table,
      },
    ];
  },
  fires: [
    "alter table users alter column email type varchar(300)",
    "alter table users drop column email",
    "drop table users",
    "alter table users drop column updated_at",
    "alter table users rename updated_at to changed_at",
  ],
  silent: [
    "drop view active_users; drop materialized view totals; alter table users drop column email",
    "alter table orders drop column amount",
    "alter table users add column x int",
    "create table t (email text); alter table t drop column email",
  ],
};

/** The table, and the word by which others name what an action takes away or changes. */
function targetOf(action: Action, schema: Schema) {
  if (action.do === "drop" && ["OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW"].includes(action.type))
    return { table: schema.resolve(action.name), word: action.name.at(-1) ?? "", blocks: !action.cascade };
  if (action.do === "rename" && action.type === "OBJECT_COLUMN")
    return { table: schema.resolve(action.relation), word: action.from, blocks: false };
  if (action.do === "rename" && action.type === "OBJECT_TABLE")
    return { table: schema.resolve(action.relation), word: action.from, blocks: false };
  if (action.do !== "alter table") return undefined;
  const { change, table } = action;
  if (change.do === "set type")
    return { table: schema.resolve(table), word: change.column, blocks: viewNames(schema, table, change.column) };
  if (change.do === "drop column")
    return {
      table: schema.resolve(table),
      word: change.column,
      blocks: !change.cascade && viewNames(schema, table, change.column),
    };
  return undefined;
}

/** True where a view of the table names the column. */
function viewNames(schema: Schema, table: readonly string[], column: string): boolean {
  return schema
    .viewsOn(schema.resolve(table))
    .some(({ query }) =>
      findAll(query, "ColumnRef").some(
        ({ fields = [] }) => texts(fields).at(-1) === column || fields.some((field) => "A_Star" in field),
      ),
    );
}

/** What of the table itself keeps a column from changing its type: generated columns, policies, triggers of its updates. */
function ownDependents(action: Action, schema: Schema): string[] {
  if (action.do !== "alter table" || action.change.do !== "set type") return [];
  const { column } = action.change;
  const relation = schema.relation(action.table);
  if (!relation) return [];
  const generated = [...relation.columns].filter(([, { uses }]) => uses.includes(column)).map(([name]) => name);
  const triggers = [...relation.triggers].filter(([, { columns }]) => columns.includes(column)).map(([name]) => name);
  return [...generated, ...triggers, ...(relation.policyColumns.includes(column) ? ["a policy"] : [])];
}
