import { isOld, isUnknown, on, type Rule, under } from "../rule.ts";

export const rule: Rule = {
  name: "refresh-view-blocking",
  severity: "error",
  summary: "REFRESH without CONCURRENTLY keeps readers waiting; WITH NO DATA leaves the view unreadable.",
  find: on("refresh", ({ view, concurrently, withData }, { schema }) => {
    const relation = schema.relation(view);
    if (concurrently || !isOld(relation)) return undefined;
    const name = schema.resolve(view);
    return {
      message: withData
        ? `${name} is filled anew ${under("ACCESS EXCLUSIVE")}`
        : `${name} cannot be read until it is filled again`,
      hint: "a unique index, and REFRESH … CONCURRENTLY",
      table: name,
      lock: "ACCESS EXCLUSIVE",
      work: "rewrite",
      unknown: isUnknown(relation),
    };
  }),
  fires: [
    "refresh materialized view totals",
    "refresh materialized view totals with no data",
    "-- unknown\nrefresh materialized view v",
  ],
  silent: [
    "refresh materialized view concurrently totals",
    "create materialized view v as select 1 as a with no data; refresh materialized view v",
    "create materialized view v as select 1 as a",
  ],
};
