import { type Rule } from "../rule.ts";
import { onConstraint } from "./shared/constraints.ts";

export const rule: Rule = {
  name: "not-enforced",
  severity: "warning",
  summary: "A constraint NOT ENFORCED checks nothing.",
  find: onConstraint(
    ({ kind, enforced, name }, { table }) =>
      (kind === "check" || kind === "foreign key") &&
      !enforced && {
        message: `${name ?? "the constraint"} on ${table} is not enforced: it keeps nothing out`,
        hint: "NOT VALID, and VALIDATE later",
        table,
      },
  ),
  fires: [
    "alter table users add constraint c check (age < 9) not enforced",
    "alter table orders add foreign key (ref_id) references orgs (id) not enforced",
    "alter table users add column x int check (x > 0) not enforced",
  ],
  silent: [
    "alter table users add constraint c check (age < 9) not valid",
    "alter table users add constraint c check (age < 9)",
    "alter table orders add foreign key (ref_id) references orgs (id)",
  ],
};
