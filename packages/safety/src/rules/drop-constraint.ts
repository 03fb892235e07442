import { isOld, isUnknown, onChange, type OnTable, type Rule } from "../rule.ts";
import { columnsIn } from "../parse/syntax.ts";

export const rule: Rule = {
  name: "drop-constraint",
  severity: "warning",
  summary: "Without the constraint, rows that break it can come in; the way back then fails.",
  find: onChange("drop constraint", ({ constraint }, { table, relation }) => {
    const found = relation?.constraints.get(constraint);
    if (!isOld(relation) || found?.addedIn !== undefined || found?.kind === "primary key") return undefined;
    // A check that only led to NOT NULL has done its work.
    if (found?.kind === "check" && found.columns.length <= 1 && isSpent(found.expression, relation)) return undefined;
    return {
      message: `${table} loses the guarantee of ${constraint}`,
      hint: "keep it until no release counts on it",
      table,
      unknown: isUnknown(relation),
    };
  }),
  fires: [
    "alter table users drop constraint age_positive",
    "alter table orders drop constraint orders_user_id_fkey",
    "alter table users drop constraint users_email_key",
    "-- unknown\nalter table t drop constraint c",
  ],
  silent: [
    "alter table users add constraint c check (age < 9) not valid; alter table users drop constraint c",
    "create table t (a int, constraint c check (a > 0)); alter table t drop constraint c",
    "alter table orders drop constraint orders_pkey",
    "alter table users alter note set not null; alter table users drop constraint note_there",
  ],
};

function isSpent(expression: unknown, relation: OnTable["relation"]): boolean {
  const columns = columnsIn(expression);
  return (
    JSON.stringify(expression).startsWith('{"NullTest"') &&
    columns.every((one) => relation?.columns.get(one)?.notNull === true)
  );
}
