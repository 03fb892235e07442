import { isLive, on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "reindex-blocking",
  severity: "error",
  summary: "REINDEX without CONCURRENTLY keeps writers, and readers through that index, waiting.",
  find: on("reindex", ({ kind, name, concurrently }, { schema }) => {
    if (concurrently || (kind === "table" && !isLive(schema.relation(name)))) return undefined;
    return {
      message: `reindexing ${name.join(".") || "the database"} blocks writes, and reads that use the index`,
      hint: "REINDEX … CONCURRENTLY, in a migration of its own outside a transaction",
      table: kind === "table" ? schema.resolve(name) : schema.indexes.get(schema.resolve(name, schema.indexes))?.table,
      lock: "SHARE",
      work: "build",
    };
  }),
  fires: [
    "reindex table users",
    "reindex index users_name_idx",
    "-- outside\nreindex schema public",
    "reindex (verbose) table users",
  ],
  silent: [
    "-- outside\nreindex table concurrently users",
    "-- outside\nreindex index concurrently users_name_idx",
    "-- outside\nreindex (concurrently) table users",
    "create table t (a int primary key); reindex table t",
  ],
};
