import type { Hit } from "../finding.ts";
import { excludesBound, provesBound, readBound } from "../facts/implies.ts";
import { isLive, onChange, type Rule, under } from "../rule.ts";

export const rule: Rule = {
  name: "attach-partition-scan",
  severity: "error",
  summary: "ATTACH PARTITION scans the new partition, and the default one, unless validated CHECKs prove the bound.",
  find: onChange("attach", (change, { table, relation, at }) => {
    const child = at.schema.relation(change.partition);
    const name = at.schema.resolve(change.partition);
    if (at.schema.indexes.has(name) || change.bound === undefined) return undefined;
    const bound = readBound(change.bound);
    const [column] = relation?.partitionKey ?? [];
    const isKnown = bound !== undefined && column !== undefined;
    const others = at.schema.partitionsOf(table).filter((one) => one.isDefaultPartition && isLive(one));
    const scanned = change.isDefault ? [] : others.filter((other) => !isKnown || !excludesBound(other, column, bound));
    const own = isLive(child) && !(child && isKnown && provesBound(child, column, bound));
    return [
      ...scanned.map((other) => ({
        message: `every row of the default partition ${other.name} is held against the new bound ${under("ACCESS EXCLUSIVE")}`,
        hint: "a validated CHECK on the default partition that excludes the bound",
        table: other.name,
        lock: "ACCESS EXCLUSIVE" as const,
        work: "scan" as const,
      })),
      ...(own ? [ofPartition(name, table, child === undefined)] : []),
    ];
  }),
  fires: [
    "create table kinds (k text) partition by list (k); create table kinds_rest partition of kinds default; insert into kinds values ('c'); alter table kinds_rest add check (k = 'c'); create table kinds_none (k text); alter table kinds attach partition kinds_none for values in (null)",
    "alter table events_rest add check (at >= '2027-01-01'); alter table events attach partition proven for values from ('2027-01-01') to ('2028-01-01')",
    "alter table events_rest add check (at < '2027-01-01') not valid; alter table events attach partition proven for values from ('2027-01-01') to ('2028-01-01')",
    "alter table events attach partition spare for values from ('2026-01-01') to ('2027-01-01')",
    "alter table spare add check (at >= '2026-01-01'); alter table events attach partition spare for values from ('2026-01-01') to ('2027-01-01')",
    "alter table events attach partition proven for values from ('2026-01-01') to ('2028-01-01')",
    "alter table spare add check (at >= '2026-01-01' and at < '2027-01-01') not valid; alter table events attach partition spare for values from ('2026-01-01') to ('2027-01-01')",
    "-- unknown\nalter table p attach partition q for values from (1) to (2)",
  ],
  silent: [
    "alter table events_rest add check (at < '2027-01-01'); alter table events attach partition proven for values from ('2027-01-01') to ('2028-01-01')",
    "alter table events_rest add check (at < '2027-01-01' or at >= '2028-01-01'); alter table events attach partition proven for values from ('2027-01-01') to ('2028-01-01')",
    "alter table events_rest add check (not (at >= '2027-01-01' and at < '2028-01-01')); alter table events attach partition proven for values from ('2027-01-01') to ('2028-01-01')",
    "drop table events_rest; alter table spare add check (at = '2026-02-01'); alter table events attach partition spare for values from ('2026-01-01') to ('2027-01-01')",
    "drop table events_rest; alter table events attach partition proven for values from ('2027-01-01') to ('2028-01-01')",
    "drop table events_rest; create table fresh (id bigint, at timestamptz, kind text); alter table events attach partition fresh for values from ('2026-01-01') to ('2027-01-01')",
    "drop table events_rest; alter table spare add check (at >= '2026-01-01' and at < '2027-01-01'); alter table events attach partition spare for values from ('2026-01-01') to ('2027-01-01')",
    "alter index events_at_idx attach partition other_idx",
  ],
};

function ofPartition(name: string, table: string, unknown: boolean): Hit {
  return {
    message: `every row of ${name} is held against the bound ${under("ACCESS EXCLUSIVE")}`,
    hint: `ADD CHECK with the whole bound and NOT NULL, NOT VALID, VALIDATE it in a later transaction, then ATTACH; drop the CHECK behind it (${table})`,
    table: name,
    lock: "ACCESS EXCLUSIVE",
    work: "scan",
    unknown,
  };
}
