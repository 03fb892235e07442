import { isOld, isUnknown, onChange, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "row-security",
  severity: "error",
  summary: "Row security without a policy hides every row from all but the owner.",
  find: onChange("row security", ({ enable, force }, { table, relation }) => {
    if (!enable || !isOld(relation)) return undefined;
    if (relation?.hasPolicies) return undefined;
    return {
      message: `${force ? "the owner sees" : "roles other than the owner see"} no row of ${table}, which has no policy`,
      hint: "CREATE POLICY before it, in the same transaction",
      table,
      unknown: isUnknown(relation),
    };
  }),
  fires: [
    "alter table users enable row level security",
    "alter table users force row level security",
    "-- unknown\nalter table t enable row level security",
  ],
  silent: [
    "create policy p on users using (true); alter table users enable row level security",
    "create table t (a int); alter table t enable row level security",
    "alter table orgs disable row level security",
  ],
};
