import type { Action } from "../parse/actions.ts";
import { isOld, type Rule } from "../rule.ts";
import type { Relation, Schema } from "../schema/schema.ts";

export const rule: Rule = {
  name: "broken-dependents",
  severity: "error",
  summary: "A view or function names what is changed or goes: it fails now, or at run time.",
  find: ({ action, schema }) => {
    const target = targetOf(action, schema);
    if (!target || !isOld(schema.relations.get(target.table))) return [];
    const functions = [...schema.functions]
      .filter(([, body]) => new RegExp(`\\b${target.word}\\b`, "i").test(body))
      .map(([name]) => `${name}()`);
    const names = [...target.held, ...functions];
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
    "create trigger t before update on orders for each row when (old.code is distinct from new.code) execute function touch(); alter table orders alter column code type varchar(20)",
    "create trigger t before update on orders for each row when (old.code is distinct from new.code) execute function touch(); alter table orders drop column code",
    "create trigger t before update of code on orders for each row execute function touch(); alter table orders drop column code",
    "create rule r as on update to orders where old.code <> new.code do instead nothing; alter table orders alter column code type text",
    "create rule r as on delete to orders do also delete from lines where order_id = old.id; alter table orders drop column id",
    "create policy p on orgs using (name = current_user); alter table orgs drop column name",
    "create view v as select * from orders; alter table orders drop column amount",
    "create view v as select o.id from orders o join lines l on l.order_id = o.id; alter table lines alter column order_id type bigint",
  ],
  silent: [
    "create view v as select o.code, u.id from users u join orders o on o.user_id = u.id; alter table users drop column code",
    "create view v as select * from orders; alter table orders add column later int; alter table orders drop column later",
    "create view v as select id from orders; alter table orders alter column amount type numeric(12,2)",
    "create trigger t before update on orders for each row when (old.code is distinct from new.code) execute function touch(); alter table orders drop column amount",
    "create rule r as on update to orders where old.code <> new.code do instead nothing; drop rule r on orders; alter table orders alter column code type text",
    "create policy p on orgs using (name = current_user); alter table orgs drop column settings",
    "drop view active_users; drop materialized view totals; alter table users drop column email",
    "alter table orders drop column amount",
    "alter table users add column x int",
    "create table t (email text); alter table t drop column email",
  ],
};

interface ChangedColumn {
  readonly column: string;
  /** False: it changes its type. */
  readonly goes: boolean;
}

interface Target {
  /** `schema.table`. */
  readonly table: string;
  /** The word by which functions name it. */
  readonly word: string;
  /** What PostgreSQL itself holds on to. */
  readonly held: readonly string[];
}

/** What an action takes away or changes, and who holds on to it. */
function targetOf(action: Action, schema: Schema): Target | undefined {
  if (action.do === "drop" && ["OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW"].includes(action.type)) {
    const table = schema.resolve(action.name);
    const held = action.cascade ? [] : schema.viewsOn(table).map(({ name }) => name);
    return { table, word: action.name.at(-1) ?? "", held };
  }
  if (action.do === "rename" && ["OBJECT_COLUMN", "OBJECT_TABLE"].includes(action.type))
    return { table: schema.resolve(action.relation), word: action.from, held: [] };
  if (action.do !== "alter table") return undefined;
  const { change } = action;
  if (change.do !== "set type" && change.do !== "drop column") return undefined;
  const table = schema.resolve(action.table);
  const { column } = change;
  const goes = change.do === "drop column";
  const held = [...viewsOver(schema, table, column), ...ownDependents(schema.relations.get(table), { column, goes })];
  return { table, word: column, held: goes && change.cascade ? [] : held };
}

/** The views of a table that take the column from it. */
function viewsOver(schema: Schema, table: string, column: string): string[] {
  return schema
    .viewsOn(table)
    .filter(({ columnsRead }) => columnsRead.get(table)?.has(column))
    .map(({ name }) => name);
}

/** What of the table itself keeps a column from changing its type, or from going. */
function ownDependents(relation: Relation | undefined, { column, goes }: ChangedColumn): string[] {
  if (!relation) return [];
  const named = (of: ReadonlyMap<string, readonly string[]>) =>
    [...of].filter(([, columns]) => columns.includes(column)).map(([name]) => name);
  // A generated column goes with the column that it is computed from.
  const generated = goes ? [] : named(new Map([...relation.columns].map(([name, { uses }]) => [name, uses])));
  const triggers = named(
    new Map([...relation.triggers].map(([name, one]) => [name, [...one.columns, ...one.watches]])),
  );
  const policies = relation.policyColumns.includes(column) ? ["a policy"] : [];
  return [...generated, ...triggers, ...named(relation.rules), ...policies];
}
