import { isNull, volatilityOf } from "../facts/volatility.ts";
import { isLive, onChange, type Rule, under } from "../rule.ts";

export const rule: Rule = {
  name: "add-column-volatile-default",
  severity: "error",
  summary: "A default that differs from row to row is computed for every row while nobody reads or writes.",
  find: onChange("add column", ({ column }, { table, relation, at }) => {
    if (!isLive(relation) || column.generated || isNull(column.default)) return undefined;
    const volatility = volatilityOf(column.default, at.schema);
    if (volatility !== "v" && volatility !== "unknown") return undefined;
    return {
      message: `${table} is rewritten to compute ${column.name} for every row ${under("ACCESS EXCLUSIVE")}`,
      hint: "add the column nullable, SET DEFAULT, fill it in batches, then NOT NULL",
      table,
      lock: "ACCESS EXCLUSIVE",
      work: "rewrite",
      unknown: volatility === "unknown",
    };
  }),
  fires: [
    "create function one() returns int language plpgsql immutable as 'begin return 1; end'; alter function one() volatile; alter table users add column x int default one()",
    "alter table users add column token uuid default gen_random_uuid()",
    "alter table users add column r float default random()",
    "alter table users add column t timestamptz not null default clock_timestamp()",
    "alter table users add column n bigint default nextval('s')",
    "alter table users add column x int default my_function()",
    "-- unknown\nalter table t add column u uuid default gen_random_uuid()",
    "alter table users add column x text default 'a' || random()::text",
  ],
  silent: [
    "create function one() returns int language sql as 'select 1'; alter function one() immutable; alter table users add column x int default one()",
    "alter table users add column t timestamptz default now()",
    "alter table users add column t timestamptz default current_timestamp",
    "alter table users add column x int default 5",
    "alter table users add column x text default lower('ABC')",
    "alter table users add column x jsonb not null default '{}'::jsonb",
    "alter table users add column x text[] default array['a']",
    "create table t (a uuid default gen_random_uuid())",
    "create table t (a int); alter table t add column b uuid default gen_random_uuid()",
    "alter table users alter column age set default random()",
    "alter table users add column x date default now()::date",
  ],
};
