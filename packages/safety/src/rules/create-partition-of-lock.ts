import { isOld, isUnknown, on, type Rule, under } from "../rule.ts";

export const rule: Rule = {
  name: "create-partition-of-lock",
  severity: "warning",
  summary: "CREATE TABLE … PARTITION OF locks the parent against reads and writes, and scans its default partition.",
  find: on("create table", ({ partitionOf, isDefault }, { schema }) => {
    const parent = partitionOf && schema.relation(partitionOf);
    if (!partitionOf || !isOld(parent)) return undefined;
    const name = schema.resolve(partitionOf);
    const other = schema.partitionsOf(name).find((one) => one.isDefaultPartition && !isDefault);
    return {
      message: `${name} is locked${other ? `, and its default partition ${other.name} scanned,` : ""} ${under("ACCESS EXCLUSIVE")}`,
      hint: "CREATE TABLE of its own, and ATTACH PARTITION",
      table: other?.name ?? name,
      lock: "ACCESS EXCLUSIVE",
      work: other ? "scan" : undefined,
      unknown: isUnknown(parent),
    };
  }),
  fires: [
    "create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01')",
    "create table days_1 partition of days for values in ('2024-01-01')",
    "create table days_rest partition of days default",
    "-- unknown\ncreate table q partition of p for values from (1) to (2)",
  ],
  silent: [
    "create table p (a int) partition by range (a); create table q partition of p for values from (1) to (2)",
    "create table t (like events)",
    "create table q (a int) partition by list (a)",
  ],
};
