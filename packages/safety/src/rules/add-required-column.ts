import { isNull } from "../facts/volatility.ts";
import { isLive, onChange, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "add-required-column",
  severity: "error",
  summary: "NOT NULL without a default fails on rows that are there, and for programs that do not know the column.",
  find: onChange("add column", ({ column, ifNotExists }, { table, relation }) => {
    if (!isLive(relation) || !column.notNull || !isNull(column.default) || column.identity || column.generated)
      return undefined;
    if (ifNotExists && relation?.columns.has(column.name)) return undefined;
    return {
      message: `${table}.${column.name} is NOT NULL without a default: it fails on rows that are there, and for old code that inserts`,
      hint: "a default, or nullable first and NOT NULL once it is filled",
      table,
    };
  }),
  fires: [
    "alter table users add column nick text not null",
    "alter table users add nick text default null not null",
    "-- unknown\nalter table t add column a int not null",
    "create table t (a int); insert into t values (1); alter table t add column b int not null",
  ],
  silent: [
    "alter table users add column nick text not null default ''",
    "alter table users add column nick text",
    "create table t (a int); alter table t add column b int not null",
    "alter table users add column if not exists email text not null",
    "alter table users add column l int not null generated always as (1) stored",
  ],
};
