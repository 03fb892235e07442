import { isOld, isUnknown, onChange, type Rule, under } from "../rule.ts";

export const rule: Rule = {
  name: "detach-partition-blocking",
  severity: "error",
  summary: "DETACH PARTITION without CONCURRENTLY locks the parent against reads and writes.",
  find: onChange("detach", ({ partition, concurrently }, { table, relation, at }) => {
    if (concurrently || !isOld(relation)) return undefined;
    const hasDefault = at.schema.partitionsOf(table).some((one) => one.isDefaultPartition);
    return {
      message: `detaching ${partition.join(".")} locks ${table} ${under("ACCESS EXCLUSIVE")}`,
      hint: hasDefault
        ? "a short lock_timeout: with a default partition CONCURRENTLY is refused"
        : "DETACH PARTITION … CONCURRENTLY, outside a transaction",
      table,
      lock: "ACCESS EXCLUSIVE",
      unknown: isUnknown(relation),
    };
  }),
  fires: [
    "alter table events detach partition events_2024",
    "alter table public.events detach partition events_rest",
    "-- unknown\nalter table p detach partition q",
  ],
  silent: [
    "-- outside\nalter table events detach partition events_2024 concurrently",
    "create table p (a int) partition by range (a); create table q partition of p for values from (1) to (2); alter table p detach partition q",
    "alter table events attach partition proven for values from ('2027-01-01') to ('2028-01-01')",
  ],
};
