import { isPlainCast, typeContext } from "../effects/alter-table.ts";
import { judgeTypeChange } from "../facts/type-change.ts";
import { isLive, onChange, type Rule } from "../rule.ts";
import { writeType } from "../parse/syntax.ts";

export const rule: Rule = {
  name: "change-type-narrowing",
  severity: "error",
  summary: "A smaller type loses values or fails on them.",
  find: onChange("set type", (change, { table, relation, at }) => {
    const column = relation?.columns.get(change.column);
    if (!column || !isLive(relation) || !isPlainCast(change)) return undefined;
    const { narrows } = judgeTypeChange(column.type, change.type, typeContext(at.schema, at.run.settings));
    return (
      narrows && {
        message: `${table}.${change.column} becomes ${writeType(change.type)} and was ${writeType(column.type)}: values that do not fit are refused or rounded`,
        hint: "count them first, or a new column beside it",
        table,
      }
    );
  }),
  fires: [
    "alter table users alter column name type varchar(50)",
    "alter table users alter column note type varchar(20)",
    "alter table users alter column score type numeric(5,2)",
    "alter table users alter column score type numeric(10,1)",
    "alter table users alter column id type int",
    "alter table users alter column created_at type date",
    "alter table users alter column score type int",
  ],
  silent: [
    "alter table users alter column name type varchar(200)",
    "alter table users alter column age type bigint",
    "alter table users alter column age type text",
    "alter table users alter column score type numeric(12,3)",
    "create table t (a bigint); alter table t alter a type int",
  ],
};
