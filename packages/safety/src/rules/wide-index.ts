import { on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "wide-index",
  severity: "note",
  optional: true,
  summary: "An index of many columns is large, and seldom used beyond the first ones.",
  find: on(
    "create index",
    ({ columns, index }) =>
      columns.length > 3 && {
        message: `${index ?? "the index"} has ${columns.length} columns`,
        hint: "three or fewer",
      },
  ),
  fires: [
    "create index i on users (name, age, note, code)",
    "create unique index i on users (id, name, age, note, code)",
    "create index i on orders (id, user_id, amount, status)",
  ],
  silent: [
    "create index i on users (name, age, note)",
    "create index i on users (name)",
    "create index i on users (name) include (age, note, code)",
  ],
};
