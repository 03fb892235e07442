import { isLive, onChange, type Rule, under } from "../rule.ts";

export const rule: Rule = {
  name: "validate-in-same-transaction",
  severity: "error",
  summary: "VALIDATE in the transaction that added the constraint scans under that one's stronger lock.",
  find: onChange("validate", ({ constraint }, { table, relation, at }) => {
    const found = relation?.constraints.get(constraint);
    if (!at.run.isInTransaction || found?.addedIn !== at.run.transaction || !isLive(relation)) return undefined;
    const lock = found.kind === "foreign key" ? "SHARE ROW EXCLUSIVE" : "ACCESS EXCLUSIVE";
    return {
      message: `${table} is scanned for ${constraint} ${under(lock)}, which adding it took and still holds`,
      hint: "VALIDATE CONSTRAINT in the next migration",
      table,
      lock,
      work: "scan",
    };
  }),
  fires: [
    "alter table users add constraint c check (age < 200) not valid; alter table users validate constraint c",
    "alter table orders add constraint f foreign key (ref_id) references orgs (id) not valid; alter table orders validate constraint f",
    "alter table users add constraint c check (age < 200) not valid, validate constraint c",
    "-- outside\nbegin; alter table users add constraint c check (age < 200) not valid; alter table users validate constraint c; commit",
  ],
  silent: [
    "alter table users validate constraint name_there",
    "-- outside\nalter table users add constraint c check (age < 200) not valid; alter table users validate constraint c",
    "create table t (a int); alter table t add constraint c check (a > 0) not valid; alter table t validate constraint c",
  ],
};
