import { any, on, isOld, isUnknown, onChange, type Rule } from "../rule.ts";

const policy = on("create policy", ({ table }, { schema }) => {
  const relation = schema.relation(table);
  return (
    isOld(relation) && {
      message: `which rows of ${schema.resolve(table)} a role sees and writes changes for everybody at once`,
      hint: "try it as that role on a copy first",
      table: schema.resolve(table),
      unknown: isUnknown(relation),
    }
  );
});

const dropped = on("drop", ({ type, name }, { schema }) => {
  const table = schema.resolve(name.slice(0, -1));
  return (
    type === "OBJECT_POLICY" &&
    isOld(schema.relations.get(table)) && {
      message: `without ${name.at(-1)} roles see and write fewer rows of ${table}, or none`,
      hint: "create the policy that takes its place first",
      table,
    }
  );
});

export const rule: Rule = {
  name: "row-security",
  severity: "error",
  summary: "Row security without a policy hides every row from all but the owner.",
  find: any(
    policy,
    dropped,
    onChange("row security", ({ enable, force }, { table, relation }) => {
      if (!enable || !isOld(relation)) return undefined;
      if (relation?.hasPolicies) return undefined;
      return {
        message: `${force ? "the owner sees" : "roles other than the owner see"} no row of ${table}, which has no policy`,
        hint: "CREATE POLICY before it, in the same transaction",
        table,
        unknown: isUnknown(relation),
      };
    }),
  ),
  fires: [
    "create policy p on users using (org_id = 1)",
    "alter table users enable row level security",
    "alter table users force row level security",
    "-- unknown\nalter table t enable row level security",
  ],
  silent: [
    "create table t (a int); create policy p on t using (true)",
    "create table t (a int); alter table t enable row level security",
    "alter table orgs disable row level security",
  ],
};
