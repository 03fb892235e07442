import { type Rule } from "../rule.ts";
import { blocks } from "../run.ts";

export const rule: Rule = {
  name: "lock-timeout-missing",
  severity: "error",
  summary: "Without a lock_timeout a statement that waits keeps everybody behind it waiting.",
  find: ({ effects, run, schema }) => {
    const waits = effects.find((one) => blocks(one, schema));
    if (!waits || run.settings.lockTimeoutMs !== undefined) return [];
    return [
      {
        message: `this waits for ${waits.relation} as long as the longest query runs, and everybody behind it too`,
        hint: "SET LOCAL lock_timeout = '3s'",
        table: waits.relation,
        lock: waits.lock,
      },
    ];
  },
  fires: [
    "-- no timeouts\nset lock_timeout = '2s'; reset lock_timeout; alter table users add column x int",
    "-- no timeouts\nalter table users add column x int",
    "-- no timeouts\ndrop table users",
    "-- no timeouts\ncreate index i on users (name)",
    "-- no timeouts\nset statement_timeout = '5s'; alter table users add column x int",
  ],
  silent: [
    "alter table users add column x int",
    "-- no timeouts\nset lock_timeout = '3s'; alter table users add column x int",
    "-- no timeouts\nset local lock_timeout = '3s'; drop table users",
    "-- no timeouts\ncreate table t (a int)",
    "-- outside, no timeouts\ncreate index concurrently i on users (name)",
  ],
};
