import { type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "index-corruption",
  severity: "error",
  summary: "CREATE INDEX CONCURRENTLY of PostgreSQL 14.0 to 14.3 builds corrupt indexes.",
  find: (at) => {
    const { action, run } = at;
    if (!["create index", "reindex"].includes(action.do) || !(action as { concurrently?: boolean }).concurrently)
      return [];
    if (run.settings.server !== 14) return [];
    return [{ message: "PostgreSQL 14.0 to 14.3 build a corrupt index here", hint: "update to 14.4 or newer first" }];
  },
  fires: [
    "-- outside, server 14\ncreate index concurrently i on users (name)",
    "-- outside, server 14\nreindex index concurrently users_name_idx",
    "-- outside, server 14\ncreate unique index concurrently i on users (age)",
  ],
  silent: [
    "-- outside\ncreate index concurrently i on users (name)",
    "-- server 14\ncreate index i on users (name)",
    "-- outside, server 14\ndrop index concurrently users_name_idx",
  ],
};
