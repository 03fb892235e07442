import { expect, it } from "vitest";
import { findWrites } from "./find-writes.ts";

it.each([
  [
    "update users set name = upper(name), note = 'a, b = c' where id > 1",
    [{ table: "public.users", columns: ["name", "note"] }],
  ],
  [`update only "app"."Users" as u set ("a", b) = (select 1, 2)`, [{ table: "app.Users", columns: ["a", "b"] }]],
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
  [`update users as "u" set name = 1`, [{ table: "public.users", columns: ["name"] }]],
  [`UPDATE Users SET Name = 1, "Name" = 2`, [{ table: "public.users", columns: ["name", "Name"] }]],
  ["update users set (Name, b) = (select 1, 2)", [{ table: "public.users", columns: ["name", "b"] }]],
  ["update users * set a = 1", [{ table: "public.users", columns: ["a"] }]],
  ["update users /* x */ set a = 1", [{ table: "public.users", columns: ["a"] }]],
  ["update users set a = substring(b from 1), c = 2", [{ table: "public.users", columns: ["a", "c"] }]],
  ["update users set a = coalesce((select x from y), 1), b = 2", [{ table: "public.users", columns: ["a", "b"] }]],
  ["update users set a = o.x from o where o.id = 1", [{ table: "public.users", columns: ["a"] }]],
  ["update users set (a) = (select 1), b = 2", [{ table: "public.users", columns: ["a", "b"] }]],
  ["update users set a = '--', c = 2", [{ table: "public.users", columns: ["a", "c"] }]],
  [
    "truncate orders, only tags restart identity",
    [
      { table: "public.orders", columns: null },
      { table: "public.tags", columns: null },
    ],
  ],
  ["insert into t values ('update users set name = 1')", []],
  [
    "with gone as (delete from roles returning id) update users set role = null from gone",
    [
      { table: "public.users", columns: ["role"] },
      { table: "public.roles", columns: null },
    ],
  ],
  [
    "merge into users u using names n on n.id = u.id when matched then update set name = n.name",
    [{ table: "public.users", columns: ["name"] }],
  ],
  [
    "merge into users u using names n on n.id = u.id when matched then delete",
    [{ table: "public.users", columns: null }],
  ],
  ["merge into users u using names n on n.id = u.id when not matched then insert (id) values (n.id)", []],
  ["create function f() returns void begin atomic update users set a = 1; end", []],
  ["create rule r as on update to v do instead update users set name = new.name", []],
  ["explain update users set a = 1", []],
  ["create function f() returns void language sql as 'update users set name = 1'", []],
  [
    "do $$ declare one record; begin for one in select id from users loop if one.id > 1 then update users set a = 1 where id = one.id; end if; end loop; end $$",
    [{ table: "public.users", columns: ["a"] }],
  ],
  ["do $$ begin execute 'update users set a = 1'; end $$", []],
  ["update users set", []],
])("of %s", async (sql, expected) => {
  expect(await findWrites([sql])).toEqual(expected);
});
