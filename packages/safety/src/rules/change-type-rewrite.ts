import { typeWork } from "../effects/alter-table.ts";
import { isLive, onChange, type Rule, under } from "../rule.ts";
import { writeType } from "../parse/syntax.ts";

export const rule: Rule = {
  name: "change-type-rewrite",
  severity: "error",
  summary: "Most changes of a type rewrite the table and its indexes while nobody reads or writes.",
  find: onChange("set type", (change, { table, relation, at }) => {
    if (!isLive(relation)) return undefined;
    const column = relation?.columns.get(change.column);
    const work = typeWork(relation, change, at.schema, at.run.settings);
    if (work !== "rewrite" && work !== "build") return undefined;
    const what =
      work === "rewrite"
        ? `${table} and its indexes are rewritten`
        : `the indexes of ${table}.${change.column} are built anew`;
    return {
      message: `${what} to make ${change.column} ${writeType(change.type)}${column ? `, which was ${writeType(column.type)},` : ""} ${under("ACCESS EXCLUSIVE")}`,
      hint: "a new column of that type, filled in batches and by a trigger, then swapped",
      table,
      lock: "ACCESS EXCLUSIVE",
      work,
      unknown: column === undefined,
    };
  }),
  fires: [
    "alter table users alter column age type bigint",
    "alter table users alter column name type varchar(50)",
    "alter table users alter column note type varchar(20)",
    "alter table users alter column score type numeric(12,4)",
    "alter table users alter column created_at type timestamp",
    "alter table orders alter column placed_at type timestamptz",
    "alter table orgs alter column settings type jsonb",
    "alter table orgs alter column settings type jsonb using settings::jsonb",
    "alter table users alter column age type text",
    "alter table users add column pause interval; alter table users alter column pause type interval year to month",
    "alter table users alter column name type text using name::varchar(50)",
    "alter table users alter column name type text using age::text",
    "alter table users alter column name type varchar(200) using upper(name)",
    "alter table orders alter column status type mood using status::mood",
    "-- unknown\nalter table t alter column a type bigint",
    "alter table users alter column age type positive",
  ],
  silent: [
    "alter table users alter column name type varchar(200)",
    "alter table users alter column name type text",
    "alter table users alter column name type varchar",
    "alter table users alter column name type text using name::text",
    "alter table users alter column name type text using name::varchar(100)",
    "alter table users alter column name type text using name",
    "alter table users add column pause interval year; alter table users alter column pause type interval year to month",
    "alter table users add column pause interval; alter table users alter column pause type interval day to second",
    "alter table users alter column note type varchar",
    "alter table users alter column score type numeric(14,2)",
    "alter table users alter column score type numeric",
    "-- utc\nalter table orders alter column placed_at type timestamptz",
    "-- utc\nalter table users alter column created_at type timestamp",
    "create table t (a int); alter table t alter a type bigint",
    "alter table users alter column note type label",
    "alter table orders alter column weight type int",
    "alter table users alter column age type int",
    "set timezone to 'UTC'; alter table orders alter column placed_at type timestamptz",
  ],
};
