import { isLive, on, type Rule, under } from "../rule.ts";

export const rule: Rule = {
  name: "truncate",
  severity: "error",
  summary: "All rows are gone.",
  find: on("truncate", ({ tables }, { schema }) =>
    tables
      .filter((table) => isLive(schema.relation(table)))
      .map((table) => ({
        message: `all rows of ${schema.resolve(table)} are gone, ${under("ACCESS EXCLUSIVE")}`,
        hint: "DELETE in batches, where some rows are to go",
        table: schema.resolve(table),
        lock: "ACCESS EXCLUSIVE" as const,
      })),
  ),
  fires: ["truncate users", "truncate table orders, orgs", "truncate events_2024 restart identity"],
  silent: [
    "create table t (a int); truncate t",
    "create temporary table t (a int); insert into t values (1); truncate t",
    "delete from users where id = 1",
  ],
};
