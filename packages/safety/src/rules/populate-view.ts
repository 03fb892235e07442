import { on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "populate-view",
  severity: "warning",
  summary: "A materialized view or table that is filled as it is made reads for long in one transaction.",
  find: on(
    "create table as",
    ({ table, materialized, withData, temporary }) =>
      withData &&
      !temporary && {
        message: `${table.join(".")} is filled in one long read, whose snapshot keeps vacuum from clearing up`,
        hint: materialized ? "WITH NO DATA, and REFRESH behind the deployment" : "an empty table, filled in batches",
      },
  ),
  fires: [
    "create materialized view v as select * from users",
    "create table t as select * from users",
    "select * into t from users",
  ],
  silent: [
    "create materialized view v as select * from users with no data",
    "create temporary table t as select * from users",
    "create table t as select * from users with no data",
    "create view v as select * from users",
  ],
};
