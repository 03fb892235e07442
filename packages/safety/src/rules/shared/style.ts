import type { Action, ColumnDefinition } from "../../parse/actions.ts";
import type { Hit } from "../../finding.ts";
import type { At, Finder, Rule } from "../../rule.ts";

/** A finder for columns that a statement makes. */
export function onColumn(find: (column: ColumnDefinition, table: string, at: At) => Hit | false | undefined): Finder {
  return (at) =>
    columnsMadeBy(at.action).flatMap(({ table, columns }) =>
      columns.flatMap((column) => find(column, table.join("."), at) || []),
    );
}

export function columnsMadeBy(action: Action): { table: readonly string[]; columns: readonly ColumnDefinition[] }[] {
  if (action.do === "create table") return [{ table: action.table, columns: action.columns }];
  if (action.do !== "alter table" || action.change.do !== "add column") return [];
  return [{ table: action.table, columns: [action.change.column] }];
}

/** A rule against a type. */
export function typeRule(
  name: string,
  types: readonly string[],
  summary: string,
  hint: string,
  examples: Pick<Rule, "fires" | "silent">,
): Rule {
  const find = onColumn(
    ({ name: column, type }, table) =>
      types.includes(type.name) && { message: `${table}.${column} is ${type.name}`, hint },
  );
  return { name, severity: "note", optional: true, summary, find, ...examples };
}
