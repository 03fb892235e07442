import type { Action, ConstraintDefinition } from "../../parse/actions.ts";
import { provesNotNull } from "../../facts/implies.ts";
import type { Hit } from "../../finding.ts";
import { type Finder, isLive, onChange, type OnTable } from "../../rule.ts";

/** A finder for constraints that ALTER TABLE adds, also with a new column (`inline`). */
export function onConstraint(
  find: (constraint: ConstraintDefinition, on: OnTable, inline: boolean) => Hit | false | undefined,
): Finder {
  const alone = onChange("add constraint", ({ constraint }, table) => find(constraint, table, false));
  const inline = onChange("add column", ({ column }, table) =>
    column.constraints.flatMap((constraint) => find(constraint, table, true) || []),
  );
  return (at) => [...alone(at), ...inline(at)];
}

export const onPlainTable = ({ relation }: OnTable) => isLive(relation);

/** True where the column cannot be null as far as the catalog knows. */
export function isKnownNotNull(relation: OnTable["relation"], column: string): boolean {
  return relation !== undefined && (relation.columns.get(column)?.notNull === true || provesNotNull(relation, column));
}

/** The foreign keys that an action adds, with their tables. */
export function keysAddedBy(action: Action) {
  const added =
    action.do === "create table"
      ? action.constraints.map((constraint) => ({ table: action.table, constraint }))
      : action.do !== "alter table"
        ? []
        : action.change.do === "add constraint"
          ? [{ table: action.table, constraint: action.change.constraint }]
          : action.change.do === "add column"
            ? action.change.column.constraints.map((constraint) => ({ table: action.table, constraint }))
            : [];
  return added.filter(({ constraint }) => constraint.kind === "foreign key");
}
