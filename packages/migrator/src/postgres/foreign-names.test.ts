import { expect, it } from "vitest";
import { findForeignNames } from "./foreign-names.ts";

it.each([
  ["create table t (id int references public.countries)", ["public.countries"]],
  ["select public.f(1)", ["public.f"]],
  ["drop table a.b", ["a.b"]],
  ["drop trigger x on s.t", ["s.t.x"]],
  ["comment on table s.t is 'x'", ["s.t"]],
  ["comment on column s.t.a is 'x'", ["s.t.a"]],
  ["create type s.e as enum ('a')", ["s.e"]],
  ["alter table t add column x s.e", ["s.e"]],
  ["create trigger x before insert on t for each row execute function s.f()", ["s.f"]],
  ["create view v as select * from s.t", ["s.t"]],
  ["create table t (like s.u including all)", ["s.u"]],
  ["grant select on s.t to x", ["s.t"]],
  ["select nextval('s.q')", ["s.q"]],
  ["select 's.t'::regclass", ["s.t"]],
  ["do $$ begin update s.t set a = 1; end $$", ["s.t"]],
  [
    "create function f() returns int language plpgsql as $$ begin insert into s.t values (1); return 1; end $$",
    ["s.t"],
  ],
  ["create function f() returns int language sql as $$ select a from s.t $$", ["s.t"]],
  ["create extension citext", ["create extension"]],
  ["drop schema x", ["drop schema"]],
  ["alter table t set schema x", ["set schema"]],
  ["set local search_path to a", ["set search_path"]],
  ["select set_config('search_path', 'a', false)", ["set search_path"]],
  ["create role a; create table b ()", ["create role"]],
  ["grant select on all tables in schema public to x", ["grant on all in schema"]],
  ["grant usage on schema public to x", ["grant on schema"]],
  ["alter schema public rename to x", ["rename of schema"]],
  ["comment on database d is 'x'", ["comment on database"]],
  ["create domain public.d as text", ["public.d"]],
  ["alter sequence q owned by public.t.c", ["public.t.c"]],
  ["select to_regclass('public.x'), pg_get_serial_sequence('public.t', 'c')", ["public.x", "public.t"]],
  ["do $$ begin if exists (select from public.users) then perform 1; end if; end $$", ["public.users"]],
  ["do $$ declare n int; begin n := (select count(*) from public.users); end $$", ["public.users"]],
  [
    "create function f() returns trigger language plpgsql as $$ begin update public.users set a = 1; return new; end $$",
    ["public.users"],
  ],
  [
    "vacuum; reindex schema public; drop owned by x; alter system set a = 1; set role x",
    ["vacuum of all tables", "reindex of more than a table", "drop owned", "alter system", "set role"],
  ],
])("finds in %s what is not of the search path's schema", async (sql, found) => {
  expect(await findForeignNames(sql)).toEqual(found);
});

it.each([
  "select t.a, t.b from t",
  "select pg_catalog.now(), a::pg_catalog.int4, information_schema._pg_truetypid(null, null)",
  "drop table b",
  "drop trigger x on t",
  "comment on column t.a is 'x'",
  "alter table t add constraint c check (a > 0)",
  "create index on t (lower(a) text_pattern_ops)",
  `create table t (a text collate "C", b text collate pg_catalog."C")`,
  "alter sequence q owned by t.id",
  "select nextval('q'), 'a.b', 'a.b'::text",
  "insert into t (a) values (1) on conflict (a) do update set a = excluded.a",
  "create function f() returns trigger language plpgsql as $$ begin new.label = upper(new.label); return new; end $$",
  "create policy p on t using (t.owner = current_user); drop policy p on t",
  "update t set a = u.b from u where u.c = t.c",
  "create function f(a items.id%type) returns int language sql as $$ select 1 $$",
  "drop operator class x using btree",
  "create function f() returns int language sql begin atomic select 1; end",
  "alter function f() reset search_path; set lock_timeout = 1; vacuum t",
  "create function f() returns int language sql security definer set search_path = pg_catalog, pg_temp as $$ select 1 $$",
  "create function f() returns int language sql set search_path from current as $$ select 1 $$",
  "this is no SQL: public.users",
])("finds nothing in %s", async (sql) => {
  expect(await findForeignNames(sql)).toEqual([]);
});
