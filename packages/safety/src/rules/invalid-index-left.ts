import { isLive, on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "invalid-index-left",
  severity: "note",
  summary: "A CONCURRENTLY build that fails leaves an invalid index behind, which writers go on to maintain.",
  find: on("create index", ({ concurrently, unique, index }, { schema, action }) => {
    if (!concurrently || !unique || action.do !== "create index") return undefined;
    const table = schema.resolve(action.table);
    if (!isLive(schema.relations.get(table))) return undefined;
    return {
      message: `where rows of ${table} repeat a key, the build fails and leaves the invalid index ${index ?? ""}`,
      hint: "look for duplicates first; `migrator up` drops and rebuilds what is left",
      table,
    };
  }),
  fires: [
    "-- outside\ncreate unique index concurrently i on users (name)",
    "-- outside\ncreate unique index concurrently i on orders (code)",
    "-- outside\ncreate unique index concurrently on users (age)",
  ],
  silent: [
    "-- outside\ncreate index concurrently i on users (name)",
    "create unique index i on users (name)",
    "-- outside\ncreate table t (a int); create unique index concurrently i on t (a)",
  ],
};
