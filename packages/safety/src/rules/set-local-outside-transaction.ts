import { on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "set-local-outside-transaction",
  severity: "error",
  summary: "SET LOCAL outside a transaction has no effect.",
  find: on(
    "set",
    ({ name, local }, { run }) =>
      local &&
      !run.isInTransaction && {
        message: `SET LOCAL ${name} has no effect outside a transaction`,
        hint: "SET, and RESET behind it; or BEGIN before it",
      },
  ),
  fires: [
    "-- outside\nset local lock_timeout = '3s'; alter table users add column x int",
    "-- outside\nset local search_path = app",
    "-- outside\nbegin; select 1; commit; set local statement_timeout = 0",
  ],
  silent: [
    "set local lock_timeout = '3s'",
    "-- outside\nset lock_timeout = '3s'",
    "-- outside\nbegin; set local lock_timeout = '3s'; commit",
  ],
};
