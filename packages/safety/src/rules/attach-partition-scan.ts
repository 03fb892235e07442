import { provesBound, readBound } from "../facts/implies.ts";
import { isLive, onChange, type Rule, under } from "../rule.ts";

export const rule: Rule = {
  name: "attach-partition-scan",
  severity: "error",
  summary: "ATTACH PARTITION scans the new partition, and the default one, unless validated CHECKs prove the bound.",
  find: onChange("attach", (change, { table, relation, at }) => {
    const child = at.schema.relation(change.partition);
    const name = at.schema.resolve(change.partition);
    if (at.schema.indexes.has(name) || change.bound === undefined) return undefined;
    const other = at.schema.partitionsOf(table).find((one) => one.isDefaultPartition && isLive(one));
    if (other && !change.isDefault)
      return {
        message: `every row of the default partition ${other.name} is held against the new bound ${under("ACCESS EXCLUSIVE")}`,
        hint: "a validated CHECK on the default partition that excludes the bound",
        table: other.name,
        lock: "ACCESS EXCLUSIVE",
        work: "scan",
      };
    if (!isLive(child)) return undefined;
    const bound = readBound(change.bound);
    const [column] = relation?.partitionKey ?? [];
    if (child && bound && column !== undefined && provesBound(child, column, bound)) return undefined;
    return {
      message: `every row of ${name} is held against the bound ${under("ACCESS EXCLUSIVE")}`,
      hint: `ADD CHECK with the whole bound and NOT NULL, NOT VALID, VALIDATE it in a later transaction, then ATTACH; drop the CHECK behind it (${table})`,
      table: name,
      lock: "ACCESS EXCLUSIVE",
      work: "scan",
      unknown: child === undefined,
    };
  }),
  fires: [
    "alter table events attach partition spare for values from ('2026-01-01') to ('2027-01-01')",
    "alter table spare add check (at >= '2026-01-01'); alter table events attach partition spare for values from ('2026-01-01') to ('2027-01-01')",
    "alter table events attach partition proven for values from ('2026-01-01') to ('2028-01-01')",
    "alter table spare add check (at >= '2026-01-01' and at < '2027-01-01') not valid; alter table events attach partition spare for values from ('2026-01-01') to ('2027-01-01')",
    "-- unknown\nalter table p attach partition q for values from (1) to (2)",
  ],
  silent: [
    "drop table events_rest; alter table events attach partition proven for values from ('2027-01-01') to ('2028-01-01')",
    "drop table events_rest; create table fresh (id bigint, at timestamptz, kind text); alter table events attach partition fresh for values from ('2026-01-01') to ('2027-01-01')",
    "drop table events_rest; alter table spare add check (at >= '2026-01-01' and at < '2027-01-01'); alter table events attach partition spare for values from ('2026-01-01') to ('2027-01-01')",
    "alter index events_at_idx attach partition other_idx",
  ],
};
