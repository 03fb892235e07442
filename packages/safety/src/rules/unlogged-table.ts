import { type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "unlogged-table",
  severity: "warning",
  summary: "An unlogged table is empty after a crash, and absent on standbys.",
  find: (at) => {
    const { action } = at;
    const made =
      (action.do === "create table" || action.do === "create table as") && action.unlogged && !action.temporary;
    const set = action.do === "alter table" && action.change.do === "storage" && action.change.what === "unlogged";
    return made || set
      ? [
          {
            message: `${(action as { table: readonly string[] }).table.join(".")} is empty after a crash of the server`,
            hint: "a plain table, unless its rows may be lost",
          },
        ]
      : [];
  },
  fires: [
    "create unlogged table t (a int)",
    "create unlogged table t as select 1 as a",
    "alter table users set unlogged",
  ],
  silent: ["create table t (a int)", "create temporary table t (a int)", "alter table users set logged"],
};
