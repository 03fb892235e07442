import { type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "not-rerunnable",
  severity: "note",
  optional: true,
  summary: "Outside a transaction a statement without IF [NOT] EXISTS fails when it is run again.",
  find: ({ action, run }) => {
    const guarded =
      (action as { ifNotExists?: boolean; ifExists?: boolean }).ifNotExists ??
      (action as { ifExists?: boolean }).ifExists;
    return !run.transactional && guarded === false
      ? [{ message: "run again, this fails", hint: "IF [NOT] EXISTS; `migrator up` goes on behind it without" }]
      : [];
  },
  fires: [
    "-- outside\ncreate index concurrently i on users (name)",
    "-- outside\ndrop table spare",
    "-- outside\ncreate table t (a int)",
  ],
  silent: [
    "create table t (a int)",
    "-- outside\ncreate table if not exists t (a int)",
    "-- outside\ndrop index concurrently if exists users_name_idx",
  ],
};
