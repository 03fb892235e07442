import { on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "if-not-exists-over-invalid",
  severity: "warning",
  summary: "IF NOT EXISTS takes the invalid index of a build that was cut off for a built one.",
  find: on("create index", ({ concurrently, ifNotExists, index = "" }, { run }) => {
    if (!concurrently || !ifNotExists) return undefined;
    const dropsFirst = run.done.some(
      ({ action }) => action.do === "drop" && action.type === "OBJECT_INDEX" && action.name.at(-1) === index,
    );
    return (
      !dropsFirst && {
        message: `where a build of ${index} was cut off, IF NOT EXISTS passes over its invalid index`,
        hint: `leave IF NOT EXISTS out, or DROP INDEX CONCURRENTLY IF EXISTS ${index} before it`,
      }
    );
  }),
  fires: [
    "-- outside\ncreate index concurrently if not exists i on users (name)",
    "-- outside\ncreate unique index concurrently if not exists i on users (name)",
    "-- outside\ndrop index concurrently if exists j; create index concurrently if not exists i on users (name)",
  ],
  silent: [
    "-- outside\ncreate index concurrently i on users (name)",
    "create index if not exists i on users (name)",
    "-- outside\ndrop index concurrently if exists i; create index concurrently if not exists i on users (name)",
  ],
};
