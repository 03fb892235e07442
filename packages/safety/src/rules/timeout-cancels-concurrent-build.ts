import { type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "timeout-cancels-concurrent-build",
  severity: "error",
  summary: "A time-out that is in force ends a CONCURRENTLY build and leaves an invalid index.",
  find: (at) => {
    const { action, run } = at;
    if (
      !["create index", "drop", "reindex"].includes(action.do) ||
      !(action as { concurrently?: boolean }).concurrently
    )
      return [];
    const names = ["lock_timeout", "statement_timeout"].filter((name) => {
      const value = run.set.get(name);
      return value !== undefined && value !== "0";
    });
    if (names.length === 0) return [];
    return [
      {
        message: `${names.join(" and ")} can end this statement while it waits or builds, which leaves an invalid index`,
        hint: `SET ${names[0]} = 0 before it; the runner sets none for it`,
      },
    ];
  },
  fires: [
    "-- outside\nset lock_timeout = '1s'; create index concurrently i on users (name)",
    "-- outside\nset statement_timeout = '5s'; drop index concurrently users_name_idx",
    "-- outside\nset lock_timeout to 500; reindex index concurrently users_name_idx",
  ],
  silent: [
    "-- outside\ncreate index concurrently i on users (name)",
    "-- outside\nset lock_timeout = 0; create index concurrently i on users (name)",
    "set lock_timeout = '1s'; create index i on users (name)",
    "-- outside\nset lock_timeout = '1s'; reset lock_timeout; create index concurrently i on users (name)",
  ],
};
