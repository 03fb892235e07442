import { on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "drop-index-concurrently-impossible",
  severity: "error",
  summary: "DROP INDEX CONCURRENTLY takes one index, no CASCADE, and none that carries a constraint.",
  find: on("drop", ({ type, name, concurrently, count, cascade }, { schema }) => {
    if (type !== "OBJECT_INDEX" || !concurrently) return undefined;
    const index = schema.indexes.get(schema.resolve(name, schema.indexes));
    const reason =
      count > 1
        ? "it takes one index"
        : cascade
          ? "it takes no CASCADE"
          : index?.ofConstraint
            ? `${index.name} carries a constraint`
            : schema.relations.get(index?.table ?? "")?.kind === "partitioned table"
              ? `${index?.table} is partitioned`
              : "";
    if (reason === "") return undefined;
    const hint = index?.ofConstraint
      ? `ALTER TABLE ${index.table} DROP CONSTRAINT ${index.name}`
      : "a statement for each index";
    return { message: `PostgreSQL refuses this DROP INDEX CONCURRENTLY: ${reason}`, hint };
  }),
  fires: [
    "-- outside\ndrop index concurrently users_name_idx, orders_user",
    "-- outside\ndrop index concurrently users_name_idx cascade",
    "-- outside\ndrop index concurrently users_pkey",
  ],
  silent: [
    "-- outside\ndrop index concurrently users_name_idx",
    "-- outside\ndrop index concurrently if exists orders_user",
    "drop index users_name_idx, orders_user",
  ],
};
