import { type Catalog, readCatalog } from "@thedata/catalog";
import { describe, expect, it, onTestFinished } from "vitest";
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
  const shadow = { servers: [database.dsn] };
  const adopt = async (schema: string, at: string = note) => await baseline(context({ schema }), { at, shadow });
  const adoptShared = async () => await baseline(context({ shared: true }), { at: countries, shadow });
  return { ...database, folder, context, shadow, adopt, adoptShared };
}

describe("baseline in a tenant's schema", () => {
  it("records what the schema has, and what is shared by itself; up finds nothing left to do", async () => {
    const name = `a "tenant's" own`;
    const { context, sql, adopt, adoptShared } = await byHand("two");
    await sql(`create schema "a ""tenant's"" own"; set search_path = "a ""tenant's"" own", public;
      create table items (id int primary key, country text references countries, note text); create index items_note on items (note);
      reset search_path`);
    await expect(adopt("two")).rejects.toThrow(/What all tenants share is not recorded in "public"/);
    expect(await adoptShared()).toMatchObject({ outcome: "baselined", steps: [{ name: countries }], differences: [] });
    const advice = 'run "migrator baseline --schema two --at M"';
    const failed = await up(context({ schema: "two" }));
    expect(failed.error?.message).toContain(`if these migrations' schema is there already, ${advice}`);
    const quoted = String.raw`--schema 'a "tenant'\''s" own' --at M`;
    expect((await up(context({ schema: name }))).error?.message).toContain(quoted);
    for (const schema of ["two", name]) {
      const report = await adopt(schema);
      expect(report).toMatchObject({ outcome: "baselined", steps: [{ name: items }, { name: note }], differences: [] });
      expect(await up(context({ schema }))).toMatchObject({ outcome: "nothing" });
      expect(await adopt(schema)).toMatchObject({ outcome: "nothing" });
    }
    expect(await readStatus(context({ shared: true }))).toMatchObject({ state: "current" });
  });

  it("refuses a schema that is not what the migrations make, and says what differs in it alone", async () => {
    const { context, shadow, sql, tables, adopt, adoptShared } = await byHand("one", "two");
    await adoptShared();
    await sql("drop index one.items_note; alter table two.items drop note");
    const before = await tables();
    const report = await adopt("one");
    expect(report).toMatchObject({ outcome: "refused", differences: [expect.stringContaining("items_note")] });
    expect(report.error?.message).not.toContain("--bridge");
    expect(await tables()).toEqual(before);
    const accepted = await baseline(context({ schema: "one" }), { at: note, acceptDifferences: true, shadow });
    expect(accepted).toMatchObject({ outcome: "baselined", steps: { length: 2 } });
    expect(await tables()).toEqual([...before, ledgerOf("one")].toSorted());
    expect(await adopt("two", items)).toMatchObject({ outcome: "baselined" });
  });

  it("takes whoever owns the tables, and leaves the table of another tool out", async () => {
    const { sql, adopt, adoptShared } = await byHand("one", "two", "three");
    const role = `owner_${Date.now()}`;
    await sql(`create role ${role}`);
    for (const schema of ["one", "two"]) await sql(`alter table ${schema}.items owner to ${role}`);
    await sql("create table three.flyway_schema_history (version text)");
    expect(await adoptShared()).toMatchObject({ outcome: "baselined", differences: [] });
    for (const schema of ["one", "two", "three"])
      expect(await adopt(schema)).toMatchObject({ outcome: "baselined", differences: [] });
    await sql(`drop owned by ${role}; drop role ${role}`);
  });

  it("has what is shared as it is now, though the tenant is behind", async () => {
    const { dsn, sql, shadow } = await byHand("one");
    const rename = { code: "\n// @shared\n", up: ["alter table countries rename column code to iso"] };
    const folder = await folderOf({ ...history, Migration4_iso: rename });
    await sql("alter table countries rename column code to iso");
    await baseline(contextOf(dsn, folder, { shared: true }), { at: "Migration4_iso", shadow });
    const report = await baseline(contextOf(dsn, folder, { schema: "one" }), { at: note, shadow });
    expect(report).toMatchObject({ outcome: "baselined", differences: [] });
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
    const { context, shadow, tables, adoptShared } = await byHand("one");
    if ("schema" in part) await adoptShared();
    const before = await tables();
    await expect(baseline(context(part), { ...options, shadow })).rejects.toMatchObject({
      code: "configuration",
      message: expect.stringMatching(message),
    });
    expect(await tables()).toEqual(before);
  });
});

describe("baseline of what all tenants share", () => {
  const shared = {
    Migration0_audit: {
      code: "\n// @shared\n",
      up: ["create extension pg_trgm", "create schema audit", "create table audit.log ()"],
      down: ["drop schema audit cascade"],
    },
    ...history,
  };

  it("is about the schemas and extensions that it makes, and nothing else", async () => {
    const { dsn, sql, shadow } = await byHand("one");
    const context = contextOf(dsn, await folderOf(shared), { shared: true });
    await sql("drop schema audit cascade; create schema others; create table others.t ()");
    const refused = await baseline(context, { at: countries, shadow });
    expect(refused.outcome).toBe("refused");
    expect(refused.differences.map((text) => /pg_trgm|schema audit|audit\.log/.exec(text)?.[0])).toEqual([
      "schema audit",
      "pg_trgm",
      "audit.log",
    ]);
    await sql("create extension pg_trgm; create schema audit; create table audit.log ()");
    expect(await baseline(context, { at: countries, shadow })).toMatchObject({ outcome: "baselined", differences: [] });
  });

  it("takes a ledger in a schema of its own", async () => {
    const { dsn, sql, folder, shadow } = await byHand("one");
    await sql("create schema ops; create table ops.others ()");
    const context = contextOf(dsn, folder, { shared: true, ledger: "ops.migs" });
    expect(await baseline(context, { at: countries, shadow })).toMatchObject({ outcome: "baselined", differences: [] });
    expect(await sql("select name from ops.migs")).toEqual([{ name: countries }]);
  });
});

it("the catalog of some schemas is that of the database without the rest", async () => {
  const { dsn, sql } = await tenants("one", "two");
  for (const schema of ["one", "two"]) {
    await sql(`set search_path = ${schema}; create type mood as enum ('a'); create domain d as int check (value > 0);
      create type pair as (a int); create type span as range (subtype = int4); create sequence s;
      create collation c (provider = icu, locale = 'de');
      create table t (id int primary key, m mood, constraint positive check (id > 0)); create index t_m on t (m);
      create view v as select id from t; create statistics st on id, m from t;
      create function f() returns trigger language plpgsql as 'begin return new; end'`);
    await sql(`set search_path = ${schema}; create trigger g before insert on t for each row execute function f();
      alter table t enable row level security; create policy p on t; create rule r as on delete to t do instead nothing;
      create policy "read on one.t" on t;
      comment on schema ${schema} is 's'; comment on table t is 't'; comment on column t.m is 'm'; comment on trigger g on t is 'g';
      comment on constraint positive on t is 'p'; comment on function f() is 'f'; comment on domain d is 'd';
      comment on policy "read on one.t" on t is 'r'; comment on rule r on t is 'r'; comment on type mood is 'm'`);
  }
  await sql(`create function one.e() returns event_trigger language plpgsql as 'begin end';
    create event trigger one on ddl_command_end when tag in ('CREATE CAST') execute function one.e(); comment on event trigger one is 'e'`);
  const { query, close } = await connect(dsn, "test");
  onTestFinished(close);
  const read = async (schemas?: readonly string[]) => await readCatalog(query, scopeOf(defaultLedger, schemas));
  const [one, two, whole] = [await read(["one"]), await read(["two"]), await read()];
  const sorted = (catalog: Catalog) => catalog.map((object) => JSON.stringify(object)).toSorted();
  const isIn = ({ kind, name }: Catalog[number]) => kind !== "event trigger" && name !== "event trigger one";
  expect(sorted([...one, ...two])).toEqual(sorted(whole.filter(isIn)));
  expect(whole.filter((object) => !isIn(object))).toHaveLength(2);
  expect(one.every(({ name }) => name.includes("one"))).toBe(true);
  expect(two.every(({ name }) => name.includes("two"))).toBe(true);
  expect(new Set(one.map(({ kind }) => kind)).size).toBe(18);
});
