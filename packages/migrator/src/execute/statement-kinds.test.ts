import { expect, it } from "vitest";
import { endsWithSession, isOutside, isRepeatable, sessionCommandsOf } from "./statement-kinds.ts";

it.each([
  ["create index concurrently i on t (a)", true],
  ['create unique index concurrently if not exists "I" on t (a)', true],
  ["create index concurrently on t (a)", false],
  ["drop index concurrently if exists i", true],
  ["vacuum (analyze) t", true],
  ["reindex table t", true],
  ["reindex table concurrently t", false],
  ["reindex (verbose, concurrently) index i", false],
  ["alter table p detach partition q concurrently", true],
  ["do $$ begin commit; end $$", false],
  ["call backfill()", false],
  ["vacuum t; vacuum u", false],
  ["update t set a = a + 1", false],
])("of %s whose end is unknown, another try is safe: %s", (sql, safe) => {
  expect(isRepeatable(sql)).toBe(safe);
});

it.each([
  ["reindex table concurrently t", true],
  ["create index concurrently on t (a)", true],
  ["do $$ begin commit; end $$", true],
  ["create index on t (a)", false],
  ["update t set a = 1", false],
])("%s goes outside a transaction in a script: %s", (sql, outside) => {
  expect(isOutside(sql)).toBe(outside);
});

it.each([
  ["set search_path to tenant; create table t ()", ["set search_path to tenant"]],
  ["set role app", ["set role app"]],
  ['set "my.setting" = 1', ['set "my.setting" = 1']],
  ["reset all", ["reset all"]],
  ["set local search_path to tenant", []],
  ["set transaction isolation level serializable", []],
  ["set constraints all deferred", []],
  ["update t set a = 1", []],
])("of %s another session needs %j again", (sql, commands) => {
  expect(sessionCommandsOf([sql])).toEqual(commands);
});

it.each([
  ["create temporary table t (a int)", true],
  ["create local temp table t (a int)", true],
  ["create or replace temp view v as select 1", true],
  ["prepare q as select 1", true],
  ["select 1; select set_config('search_path', 'a', false)", true],
  ["create table temp_t (a int)", false],
  ["set search_path to a", false],
])("what %s makes ends with its session: %s", (sql, ends) => {
  expect(endsWithSession(sql)).toBe(ends);
});
