import { isLive, onChange, type Rule, under } from "../rule.ts";

export const rule: Rule = {
  name: "rewrite-storage",
  severity: "error",
  summary: "SET LOGGED, UNLOGGED, ACCESS METHOD and TABLESPACE copy the table while nobody reads or writes.",
  find: onChange(
    "storage",
    ({ what }, { table, relation }) =>
      isLive(relation) &&
      !(relation && what === (relation.unlogged ? "unlogged" : "logged")) && {
        message: `${table} is copied for its new ${what} ${under("ACCESS EXCLUSIVE")}`,
        hint: "a new table, filled in batches and swapped in",
        table,
        lock: "ACCESS EXCLUSIVE",
        work: "rewrite",
      },
  ),
  fires: [
    "alter table users set unlogged",
    "alter table users set tablespace fast",
    "alter table users set access method heap2",
  ],
  silent: [
    "alter table users set logged",
    "create table t (a int); alter table t set unlogged",
    "alter table users set (fillfactor = 70)",
    "alter table users alter name set storage external",
  ],
};
