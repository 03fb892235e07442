import { expect, it } from "vitest";
import { findRemoved } from "./find-removed.ts";

it.each([
  ["drop table a", ["a"]],
  [`drop table if exists s.a, "B" cascade`, ["s.a", "B"]],
  ["alter table a drop column x, add column y int, drop column if exists z", ["a.x", "a.z"]],
  ["truncate a, s.b", ["a", "s.b"]],
  ["delete from a", ["a"]],
  ["delete from a where id = 1", []],
  ["drop schema s, t cascade", ["s.*", "t.*"]],
  ["drop view v; drop index i; drop sequence s; drop type e; drop materialized view m", []],
  ["do $$ begin drop table a; if true then alter table b drop column x; end if; end $$", ["a", "b.x"]],
  ["alter table a rename to b; drop table b", ["a"]],
  ["alter table b rename to a; alter table a rename column x to y; alter table a drop column y", ["b.x"]],
  ["alter table s.a set schema public; alter table a rename to b; drop table public.b", ["s.a"]],
  ["alter table a rename to old; alter table b rename to a; drop table a", ["b"]],
  ["this is no SQL; drop table a", []],
  ["create rule r as on delete to v do instead delete from users", []],
])("of %s", async (sql, expected) => {
  const [found = []] = await findRemoved([[sql]]);
  const names = found.map(({ schema, table, column }) =>
    [schema, table ?? "*", column].filter((one) => one !== null).join("."),
  );
  expect(names).toEqual(expected);
});

it("follows renames from step to step", async () => {
  const found = await findRemoved([["alter table a rename to b"], ["drop table b", "drop table c"]]);
  const [a, c] = ["a", "c"].map((table) => ({ schema: null, table, column: null }));
  expect(found).toEqual([[], [a, c]]);
});
