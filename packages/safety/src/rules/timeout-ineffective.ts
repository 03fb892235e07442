import { on, type Rule } from "../rule.ts";
import { blocks } from "../run.ts";
import { readDuration } from "../settings.ts";
import { timeouts } from "./shared/transactions.ts";

export const rule: Rule = {
  name: "timeout-ineffective",
  severity: "warning",
  summary: "A time-out of 0, a very long one, or one that is set behind the statement, protects nobody.",
  find: on("set", ({ name, value }, { run, schema }) => {
    if (!timeouts.includes(name) || value === undefined) return undefined;
    const ms = readDuration(value);
    const late = run.inTransaction.some((done) => done.effects.some((one) => blocks(one, schema)));
    const reason = late
      ? "is set behind a statement that needed it"
      : ms === 0 && name === "lock_timeout" && run.isInTransaction
        ? "switches it off"
        : (ms ?? 0) > 60_000 && name === "lock_timeout"
          ? "is longer than anybody waits"
          : "";
    return (
      reason !== "" && { message: `${name} = ${value} ${reason}`, hint: "a few seconds, before the first statement" }
    );
  }),
  fires: [
    "set lock_timeout = 0; alter table users add column x int",
    "set lock_timeout = '10min'; alter table users add column x int",
    "alter table users add column x int; set lock_timeout = '3s'",
    "set local lock_timeout to '0'; drop table users",
  ],
  silent: [
    "set lock_timeout = '3s'; alter table users add column x int",
    "set statement_timeout = 0; alter table users add column x int",
    "-- outside\nset lock_timeout = 0; create index concurrently i on users (name)",
    "set search_path = app",
  ],
};
