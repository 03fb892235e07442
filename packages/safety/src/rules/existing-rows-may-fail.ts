import type { Hit } from "../finding.ts";
import { isLive, onChange, type Rule } from "../rule.ts";
import { isKnownNotNull } from "./shared/constraints.ts";

const ofTables = onChange(["add constraint", "set not null"], (change, { table, relation }) => {
  if (!isLive(relation)) return undefined;
  if (change.do === "set not null")
    return !isKnownNotNull(relation, change.column) && rowsMayFail(table, `be null in ${change.column}`);
  const { kind, validated, enforced, index } = change.constraint;
  if (
    index !== undefined ||
    !validated ||
    (!enforced && kind !== "not null" && kind !== "unique" && kind !== "primary key" && kind !== "exclude")
  )
    return undefined;
  return rowsMayFail(table, `violate the new ${kind}`);
});

export const rule: Rule = {
  name: "existing-rows-may-fail",
  severity: "warning",
  summary: "Rows that are there may violate the new constraint, which then fails at deploy.",
  find: (at) => {
    const { action, schema } = at;
    const unique = action.do === "create index" && action.unique && isLive(schema.relation(action.table));
    if (unique) return [rowsMayFail(schema.resolve(action.table), "repeat a key of the new unique index")];
    return ofTables(at);
  },
  fires: [
    "create unique index i on users (name)",
    "alter table users add unique (age)",
    "alter table users alter age set not null",
    "alter table users add check (age < 100)",
    "-- outside\ncreate unique index concurrently i on users (age)",
  ],
  silent: [
    "create index i on users (name)",
    "create table t (a int); create unique index i on t (a)",
    "alter table users add check (age < 100) not valid",
    "alter table users alter note set not null",
    "alter table orders add constraint u unique using index orders_code_idx",
  ],
};

function rowsMayFail(table: string, what: string): Hit {
  return {
    message: `rows of ${table} may ${what}`,
    hint: "ask for them before the deployment: `migrator verify` shows the query's shape",
    table,
  };
}
