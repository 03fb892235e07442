import { typeWork } from "../effects/alter-table.ts";
import { isLive, onChange, type Rule, under } from "../rule.ts";

export const rule: Rule = {
  name: "change-type-recheck",
  severity: "warning",
  summary: "A change that needs no rewrite still checks every row where a CHECK names the column.",
  find: onChange("set type", (change, { table, relation, at }) => {
    if (!isLive(relation) || typeWork(relation, change, at.schema, at.run.settings) !== "scan") return undefined;
    return {
      message: `a CHECK names ${change.column}, so every row of ${table} is checked ${under("ACCESS EXCLUSIVE")}`,
      hint: "drop the CHECK, change the type, add it NOT VALID and validate it later",
      table,
      lock: "ACCESS EXCLUSIVE",
      work: "scan",
    };
  }),
  fires: [
    "alter table users alter column code type varchar(20)",
    "alter table users alter column code type text",
    "alter table users alter column note type varchar",
  ],
  silent: [
    "alter table users alter column score type numeric(14,2)",
    "alter table orders alter column code type varchar(20)",
    "alter table users alter column name type varchar(200)",
    "alter table users drop constraint note_there; alter table users alter column note type varchar",
  ],
};
