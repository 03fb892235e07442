import { on, type Rule } from "../rule.ts";
import { readDuration } from "../settings.ts";

export const rule: Rule = {
  name: "lock-timeout-not-below-statement-timeout",
  severity: "warning",
  summary: "Where statement_timeout ends the wait first, it looks like a slow statement, and no retry helps.",
  find: on("set", ({ name, value }, { run }) => {
    const own = value === undefined ? undefined : readDuration(value);
    if (own === undefined || own === 0 || !["lock_timeout", "statement_timeout"].includes(name)) return undefined;
    const lock = name === "lock_timeout" ? own : run.settings.lockTimeoutMs;
    const statement = name === "statement_timeout" ? own : run.settings.statementTimeoutMs;
    return (
      lock !== undefined &&
      lock > 0 &&
      statement !== undefined &&
      statement > 0 &&
      lock >= statement && {
        message: `lock_timeout (${lock} ms) is not below statement_timeout (${statement} ms): 57014 comes instead of 55P03`,
        hint: "a lock_timeout well below it",
      }
    );
  }),
  fires: [
    "set statement_timeout = '2s'",
    "set lock_timeout = '10s'; set statement_timeout = '5s'",
    "set statement_timeout = '5s'; set lock_timeout = '5s'",
  ],
  silent: [
    "set statement_timeout = '60s'",
    "set lock_timeout = '1s'; set statement_timeout = '5s'",
    "set statement_timeout = 0",
  ],
};
