import { isLive, onChange, type Rule, under } from "../rule.ts";

export const rule: Rule = {
  name: "attach-partition-builds",
  severity: "warning",
  summary: "ATTACH PARTITION builds the parent's indexes that the new partition lacks, under its lock.",
  find: onChange("attach", ({ partition, bound }, { table, at }) => {
    const child = at.schema.relation(partition);
    if (!child || !isLive(child) || bound === undefined) return undefined;
    const own = new Set(at.schema.indexesOf(child.name).map(({ columns }) => columns.join()));
    const missing = at.schema.indexesOf(table).filter(({ columns }) => !own.has(columns.join()));
    return (
      missing.length > 0 && {
        message: `${missing.map(({ name }) => name).join(", ")} of ${table} have no match on ${child.name} and are built ${under("ACCESS EXCLUSIVE")}`,
        hint: "CREATE INDEX CONCURRENTLY on the partition first",
        table: child.name,
        lock: "ACCESS EXCLUSIVE",
        work: "build",
      }
    );
  }),
  fires: [
    "alter table events attach partition spare for values from ('2026-01-01') to ('2027-01-01')",
    "alter table events attach partition proven for values from ('2027-01-01') to ('2028-01-01')",
    "create index i on spare (id); alter table events attach partition spare for values from ('2026-01-01') to ('2027-01-01')",
  ],
  silent: [
    "create index i on spare (at); alter table events attach partition spare for values from ('2026-01-01') to ('2027-01-01')",
    "create table fresh (id bigint, at timestamptz not null, kind text); alter table events attach partition fresh for values from ('2026-01-01') to ('2027-01-01')",
    "create table d1 (id int, day date); insert into d1 values (1, null); alter table days attach partition d1 for values in ('2024-01-01')",
  ],
};
