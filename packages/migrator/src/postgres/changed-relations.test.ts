import { expect, it } from "vitest";
import { findChangedRelations } from "./changed-relations.ts";

it.each([
  ["create table t (); alter table t add a int; create index i on t (a)", ["t", "t"], ["t", "i"]],
  ["drop table a, b; drop view c; drop function d(); drop trigger e on f", ["a", "b", "c"], []],
  ["truncate a, b; delete from c using d; update e set f = g.h from g", ["a", "b", "c", "e"], []],
  ["insert into a select * from b on conflict do nothing", ["a"], []],
  ["merge into a using b on a.c = b.c when matched then delete", ["a"], []],
  ["with x as (delete from a returning *) insert into b select * from x", ["b", "a"], []],
  ["alter table a rename to b; alter sequence c restart", ["a", "c"], ["b"]],
  ["create view a as select * from b; create sequence c; create table d as select 1", [], ["a", "c", "d"]],
  ["create trigger a before insert on b for each row execute function c()", ["b"], []],
  ["do $$ begin delete from a; end $$", ["a"], []],
  // What it does when it is called is not what the migration does.
  [
    "create function f() returns trigger language plpgsql as $$ begin insert into a values (1); return new; end $$",
    [],
    [],
  ],
  ["alter table s.t add a int; drop table s.u", [], []],
  ["this is no SQL", [], []],
])("%s", async (sql, changed, made) => {
  const found = await findChangedRelations(sql);
  expect([found.changed.toSorted(), found.made.toSorted()]).toEqual([changed.toSorted(), made.toSorted()]);
});
