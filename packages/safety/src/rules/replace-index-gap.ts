import { isLive, on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "replace-index-gap",
  severity: "warning",
  summary: "An index is dropped before the one that takes its place is there: queries have none in between.",
  find: on("create index", ({ table, columns }, { schema, run }) => {
    const name = schema.resolve(table);
    const gone = run.done.filter(({ action }) => action.do === "drop" && action.type === "OBJECT_INDEX");
    const replaced = gone.find(({ action }) => {
      const before = action.do === "drop" ? run.droppedIndexes.get(action.name.at(-1) ?? "") : undefined;
      return before?.table === name && before.columns[0] === columns[0] && isLive(schema.relations.get(name));
    });
    return (
      replaced && {
        message: `an index on ${name} (${columns[0] ?? "…"}) is gone before this one is built`,
        hint: "build the new index first, drop the old one then",
        table: name,
      }
    );
  }),
  fires: [
    "drop index users_name_idx; create index i on users (name, age)",
    "-- outside\ndrop index concurrently users_name_idx; create index concurrently i on users (name)",
    "drop index orders_user; create unique index i on orders (user_id)",
  ],
  silent: [
    "create index i on users (name, age); drop index users_name_idx",
    "drop index users_name_idx; create index i on users (age)",
    "drop index users_name_idx; create index i on orders (code)",
  ],
};
