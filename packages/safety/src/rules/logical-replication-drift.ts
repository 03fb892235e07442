import { isOld, isUnknown, onChange, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "logical-replication-drift",
  severity: "note",
  optional: true,
  summary: "A subscriber needs a new column before, and loses one after, the publisher.",
  find: onChange(
    ["add column", "drop column"],
    (change, { table, relation }) =>
      isOld(relation) &&
      !isUnknown(relation) && {
        message: `where ${table} is published, ${change.do === "add column" ? "the subscriber needs the column first" : "the publisher drops the column first"}`,
        hint: "the order of the two databases",
        table,
      },
  ),
  fires: [
    "alter table users add column x int",
    "alter table users drop column age",
    "alter table orders add column y text default 'a'",
  ],
  silent: [
    "create table t (a int); alter table t add column b int",
    "alter table users alter age set default 1",
    "create table t (a int)",
  ],
};
