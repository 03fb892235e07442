import { type Rule } from "../rule.ts";
import { columnsIn } from "../parse/syntax.ts";

export const rule: Rule = {
  name: "volatile-check",
  severity: "warning",
  summary: "A CHECK over the time or another changing value does not hold for ever, and a restore may fail on it.",
  find: (at) => {
    const { action } = at;
    const added =
      action.do === "create table"
        ? action.constraints
        : action.do !== "alter table"
          ? []
          : action.change.do === "add constraint"
            ? [action.change.constraint]
            : action.change.do === "add column"
              ? action.change.column.constraints
              : [];
    return added.flatMap(({ kind, expression }) => {
      if (kind !== "check") return [];
      const text = JSON.stringify(expression ?? {});
      const changing =
        /"sval":"(now|random|clock_timestamp|current_setting|statement_timestamp|transaction_timestamp|timeofday|gen_random_uuid)"/.test(
          text,
        ) || text.includes("SQLValueFunction");
      return changing
        ? [
            {
              message: `the check on ${columnsIn(expression).join(", ")} asks for a value that changes`,
              hint: "a trigger, or a check over constants",
            },
          ]
        : [];
    });
  },
  fires: [
    "alter table users add check (created_at < now()) not valid",
    "create table t (a date check (a < current_date))",
    "alter table users add column b date check (b > current_date)",
  ],
  silent: [
    "alter table users add check (age < 200) not valid",
    "create table t (a date check (a > '2000-01-01'))",
    "create table t (a timestamptz default now())",
  ],
};
