import { isLive, onChange, type Rule, under } from "../rule.ts";
import { schemaName } from "../schema/schema.ts";
import { isKnownNotNull } from "./shared/constraints.ts";

export const rule: Rule = {
  name: "add-primary-key-nullable",
  severity: "error",
  summary: "A primary key over a column that may be null scans the table for nulls under the lock.",
  find: onChange("add constraint", ({ constraint: { kind, index, columns } }, { table, relation, at }) => {
    if (kind !== "primary key" || index === undefined || !isLive(relation)) return undefined;
    const used = at.schema.indexes.get(`${schemaName(table)}.${index}`);
    const names = used?.columns ?? columns;
    const nullable = names.find((name) => name !== undefined && !isKnownNotNull(relation, name));
    if (used && nullable === undefined) return undefined;
    return {
      message: `${nullable ?? "a column of the index"} of ${table} may be null, so the table is scanned ${under("ACCESS EXCLUSIVE")}`,
      hint: "make the column NOT NULL first, by a validated CHECK",
      table,
      lock: "ACCESS EXCLUSIVE",
      work: "scan",
      unknown: used === undefined,
    };
  }),
  fires: [
    "create unique index i on spare (id); alter table spare add primary key using index i",
    "create unique index i on users (age); alter table users drop constraint users_pkey, add primary key using index i",
    "-- unknown\nalter table t add primary key using index i",
  ],
  silent: [
    "create unique index i on spare (at); alter table spare add primary key using index i",
    "create table t (a int); create unique index i on t (a); alter table t add primary key using index i",
    "alter table spare alter column id set not null; create unique index i on spare (id); alter table spare add primary key using index i",
  ],
};
