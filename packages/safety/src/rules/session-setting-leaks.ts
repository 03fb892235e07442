import type { Rule } from "../rule.ts";

export const rule: Rule = {
  name: "session-setting-leaks",
  severity: "warning",
  summary: "SET without LOCAL stays for the migrations behind it.",
  finish: ({ run, actions }) =>
    actions.flatMap(({ action, statement }) => {
      if (
        action.do !== "set" ||
        action.local ||
        action.value === undefined ||
        ["timezone", "session_replication_role"].includes(action.name)
      )
        return [];
      const isReset = run.set.get(action.name) === undefined;
      return isReset || !run.set.has(action.name)
        ? []
        : [
            {
              statement,
              message: `${action.name} stays ${action.value} for what runs behind this migration in the session`,
              hint: run.transactional ? "SET LOCAL" : `RESET ${action.name} at the end`,
            },
          ];
    }),
  fires: [
    "set search_path = app",
    "set row_security = off; select 1",
    "-- outside\nset statement_timeout = '1h'; select 1",
  ],
  silent: [
    "set local search_path = app",
    "set search_path = app; reset search_path",
    "-- outside\nset lock_timeout = 0; select 1; reset lock_timeout",
  ],
};
