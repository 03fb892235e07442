import type { Change } from "../parse/actions.ts";
import { findUnvalidatedProof } from "../facts/implies.ts";
import { isLive, onChange, type Rule, under } from "../rule.ts";
import { isKnownNotNull } from "./shared/constraints.ts";

export const rule: Rule = {
  name: "set-not-null-scan",
  severity: "error",
  summary: "SET NOT NULL looks at every row while nobody reads or writes, unless a validated CHECK proves it.",
  find: onChange(["set not null", "add constraint"], (change, { table, relation, at }) => {
    const column = columnOf(change);
    if (column === undefined) return undefined;
    if (!isLive(relation) || isKnownNotNull(relation, column)) return undefined;
    const own = relation?.columns.get(column);
    const waiting = relation && findUnvalidatedProof(relation, column);
    const hint = waiting
      ? `VALIDATE CONSTRAINT ${waiting.name} first, in a transaction of its own`
      : at.run.settings.server >= 18
        ? "ADD CONSTRAINT … NOT NULL … NOT VALID, and VALIDATE CONSTRAINT in a later transaction"
        : "ADD CHECK (… IS NOT NULL) NOT VALID, VALIDATE it in a later transaction, then SET NOT NULL";
    return {
      message: `every row of ${table} is looked at for a null in ${column} ${under("ACCESS EXCLUSIVE")}`,
      hint,
      table,
      lock: "ACCESS EXCLUSIVE",
      work: "scan",
      unknown: own === undefined,
    };
  }),
  fires: [
    "alter table users alter column age set not null",
    "alter table users alter name set not null",
    "alter table users add constraint c check (age is not null) not valid; alter table users alter age set not null",
    "alter table users add constraint c check (age is not null or name is not null); alter table users alter age set not null",
    "alter table users add constraint c check (age > 0); alter table users alter age set not null",
    "-- unknown\nalter table t alter a set not null",
    "alter table users drop constraint note_there; alter table users alter note set not null",
  ],
  silent: [
    "alter table users alter column note set not null",
    "alter table users alter column email set not null",
    "alter table users validate constraint name_there; alter table users alter name set not null",
    "create table t (a int); alter table t alter a set not null",
    "alter table users add constraint c check (age is not null and age < 9); alter table users alter age set not null",
    "alter table users add constraint c check (not (age is null)); alter table users alter age set not null",
    "alter table users rename note to remark; alter table orders add primary key using index orders_code_idx",
  ],
};

/** The column that must not be null from now on, at once: by SET NOT NULL, or by a constraint that is not NOT VALID. */
function columnOf(
  change: Extract<Change, { readonly do: "add constraint" }> | { readonly do: "set not null"; readonly column: string },
) {
  if (change.do === "set not null") return change.column;
  const { kind, validated, columns } = change.constraint;
  return kind === "not null" && validated ? columns[0] : undefined;
}
