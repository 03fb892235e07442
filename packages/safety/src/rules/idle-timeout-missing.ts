import { type Rule } from "../rule.ts";
import { blocks } from "../run.ts";

export const rule: Rule = {
  name: "idle-timeout-missing",
  severity: "note",
  optional: true,
  summary: "Without idle_in_transaction_session_timeout a runner that hangs holds its locks.",
  find: ({ action, run, effects, schema }) => {
    if (action.do === "set" || run.set.has("idle_in_transaction_session_timeout") || !run.isInTransaction) return [];
    const first =
      effects.some((one) => blocks(one, schema)) &&
      !run.inTransaction.some((done) => done.effects.some((one) => blocks(one, schema)));
    return first
      ? [
          {
            message: "a runner that hangs here holds the lock until its connection ends",
            hint: "SET LOCAL idle_in_transaction_session_timeout = '30s'",
          },
        ]
      : [];
  },
  fires: ["alter table users add column x int", "drop table users", "create index i on users (name)"],
  silent: [
    "set local idle_in_transaction_session_timeout = '30s'; alter table users add column x int",
    "create table t (a int)",
    "-- outside\nalter table users add column x int",
  ],
};
