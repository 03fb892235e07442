import { readCatalog } from "@thedata/catalog";
import { describe, expect, it } from "vitest";
import { baseline } from "../src/commands/baseline.ts";
import { readStatus } from "../src/commands/status.ts";
import { up } from "../src/commands/up-and-down.ts";
import { defaultLedger } from "../src/ledger/tables.ts";
import { scopeOf } from "../src/ledger/catalog-scope.ts";
import { connect } from "../src/postgres/connection.ts";
import { folderOf } from "./support.ts";
import { contextOf, countries, history, items, ledgerOf, note, tenants } from "./tenants.ts";

/** A database whose tenants were made by hand, or by another tool. */
async function byHand(...names: string[]) {
  const database = await tenants(...names);
  await database.sql("create table countries (code text primary key); create schema audit; create table audit.log ()");
  for (const name of names)
    await database.sql(
      `create table "${name}".items (id int primary key, country text references countries, note text); create index items_note on "${name}".items (note)`,
    );
  const folder = await folderOf(history);
  const context = (more: object) => contextOf(database.dsn, folder, more);
  return { ...database, context, shadow: { servers: [database.dsn] } };
}

describe("baseline in a tenant's schema", () => {
  it("records what the schema has, and what is shared by itself; up finds nothing left to do", async () => {
    const name = `a "tenant's" own`;
    const { context, shadow, sql } = await byHand("two");
    await sql(`create schema "a ""tenant's"" own"; set search_path = "a ""tenant's"" own", public;
      create table items (id int primary key, country text references countries, note text); create index items_note on items (note);
      reset search_path`);
    const shared = context({ shared: true });
    expect(await baseline(shared, { at: countries, shadow })).toMatchObject({
      outcome: "baselined",
      steps: [{ name: countries }],
      differences: [],
    });
    const advice = 'run "migrator baseline --schema two --at M"';
    const failed = await up(context({ schema: "two" }));
    expect(failed.error?.message).toContain(`if these migrations' schema is there already, ${advice}`);
    for (const schema of ["two", name]) {
      const report = await baseline(context({ schema }), { at: note, shadow });
      expect(report).toMatchObject({ outcome: "baselined", steps: [{ name: items }, { name: note }], differences: [] });
      expect(await up(context({ schema }))).toMatchObject({ outcome: "nothing" });
      expect(await baseline(context({ schema }), { at: note, shadow })).toMatchObject({ outcome: "nothing" });
    }
    expect(await readStatus(shared)).toMatchObject({ state: "current" });
  });

  it("refuses a schema that is not what the migrations make, and says what differs in it alone", async () => {
    const { context, shadow, sql, tables } = await byHand("one", "two");
    await sql("drop index one.items_note; alter table two.items drop note");
    const before = await tables();
    const report = await baseline(context({ schema: "one" }), { at: note, shadow });
    expect(report).toMatchObject({ outcome: "refused", differences: [expect.stringContaining("items_note")] });
    expect(await tables()).toEqual(before);
    const accepted = await baseline(context({ schema: "one" }), { at: note, acceptDifferences: true, shadow });
    expect(accepted).toMatchObject({ outcome: "baselined", steps: { length: 2 } });
    expect(await tables()).toEqual([...before, ledgerOf("one")].toSorted());
    expect(await baseline(context({ schema: "two" }), { at: items, shadow })).toMatchObject({ outcome: "baselined" });
  });

  it.each([
    ["a schema that is not there", { schema: "three" }, { at: note }, /"three" does not exist/],
    ["no migration", { schema: "one" }, {}, /Name the migration that the schema is at, by --at M/],
    [
      "one of the shared part",
      { schema: "one" },
      { at: countries },
      /countries is marked @shared: record it with --shared/,
    ],
    ["one of a tenant", { shared: true }, { at: "note" }, /Migration3_note is not marked @shared/],
    ["a bridge", { shared: true }, { at: countries, bridge: "x.sql" }, /A bridge is for a whole database/],
  ])("refuses %s, and changes nothing", async (_, part, options, message) => {
    const { context, shadow, tables } = await byHand("one");
    const before = await tables();
    await expect(baseline(context(part), { ...options, shadow })).rejects.toMatchObject({
      code: "configuration",
      message: expect.stringMatching(message),
    });
    expect(await tables()).toEqual(before);
  });
});

it("the catalog of a schema is that of the database without the rest", async () => {
  const { dsn, sql } = await tenants("one", "two");
  for (const schema of ["one", "two"])
    await sql(
      `set search_path = ${schema}; create type mood as enum ('a'); create domain d as int check (value > 0);
      create type pair as (a int); create type span as range (subtype = int4); create sequence s;
      create collation c (provider = icu, locale = 'de');
      create table t (id int primary key, m mood, constraint positive check (id > 0)); create index t_m on t (m);
      create view v as select id from t; create statistics st on id, m from t;
      create function f(t) returns trigger language plpgsql as 'begin return new; end'`.replace("f(t)", "f()"),
    );
  for (const schema of ["one", "two"])
    await sql(`set search_path = ${schema}; create trigger g before insert on t for each row execute function f();
      alter table t enable row level security; create policy p on t; create rule r as on delete to t do instead nothing;
      comment on schema ${schema} is 's'; comment on table t is 't'; comment on column t.m is 'm'; comment on trigger g on t is 'g';
      comment on constraint positive on t is 'p'; comment on function f() is 'f'; comment on domain d is 'd'`);
  const { query, close } = await connect(dsn, "test");
  const whole = await readCatalog(query, scopeOf(defaultLedger));
  const one = await readCatalog(query, scopeOf(defaultLedger, "one")).finally(close);
  expect(new Set(one.map(({ kind }) => kind)).size).toBe(17);
  const isOfOne = ({ name }: { readonly name: string }) => /(^| )one\./.test(name);
  expect(one).toEqual(whole.filter(isOfOne));
});
