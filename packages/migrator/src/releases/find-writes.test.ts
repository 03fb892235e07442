import { expect, it } from "vitest";
import { findWrites } from "./find-writes.ts";

it.each([
  [
    "update users set name = upper(name), note = 'a, b = c' where id > 1",
    [{ table: "public.users", columns: ["name", "note"] }],
  ],
  [`update only "app"."Users" as u set ("a", b) = (select 1, 2)`, [{ table: '"app"."Users"', columns: ["a", "b"] }]],
  ["delete from audit.entries", [{ table: "audit.entries", columns: null }]],
  ["truncate table users", [{ table: "public.users", columns: null }]],
  [
    "do $$ begin update users set role = 'x'; delete from roles; end $$",
    [
      { table: "public.users", columns: ["role"] },
      { table: "public.roles", columns: null },
    ],
  ],
  ["insert into roles (name) values ('admin') on conflict (name) do update set name = excluded.name", []],
  ["alter table users add foreign key (org) references orgs on update cascade on delete set null", []],
  ["create trigger t before update of name on users for each row execute function f()", []],
  ["-- update users set a = 1\nselect 1", []],
])("of %s", (sql, expected) => {
  expect(findWrites([sql])).toEqual(expected);
});
