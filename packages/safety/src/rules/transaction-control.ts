import { on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "transaction-control",
  severity: "error",
  summary: "BEGIN, COMMIT and ROLLBACK take the transaction away from the runner.",
  find: on(
    "transaction",
    ({ kind }, { run }) =>
      run.transactional &&
      !/SAVEPOINT|RELEASE|ROLLBACK_TO/.test(kind) && {
        message: `${kind} ends or nests the runner's transaction, which holds the ledger's row`,
        hint: "leave it out; isTransactional() { return false; } for a migration that manages its own",
      },
  ),
  fires: ["begin; alter table users add column x int; commit", "select 1; commit", "rollback", "start transaction"],
  silent: [
    "savepoint s; release savepoint s",
    "-- outside\nbegin; alter table users add column x int; commit",
    "alter table users add column x int",
    "savepoint s; rollback to savepoint s",
  ],
};
