import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { rewriteManifest } from "../src/commands/create.ts";
import { renderScript } from "../src/commands/sql.ts";
import { readStatus } from "../src/commands/status.ts";
import { down, up } from "../src/commands/up-and-down.ts";
import { ConfigurationError, RefusedError } from "../src/errors.ts";
import { type ContextOptions, createContext } from "../src/execute/context.ts";
import { createMigrator } from "../src/migrator.ts";
import { emptyDatabase, folderOf, type Steps, temporaryFolder } from "./support.ts";

const [countries, items, note] = ["Migration1_countries", "Migration2_items", "Migration3_note"];
const history: Record<string, Steps> = {
  [countries]: {
    code: "\n// @shared: every tenant has the same countries.\n",
    up: ["create table countries (code text primary key)", "insert into countries values ('ch')"],
    down: ["drop table countries"],
  },
  [items]: {
    up: ["create table items (id int primary key, country text references countries)"],
    down: ["drop table items"],
  },
  [note]: {
    transactional: false,
    up: ["alter table items add note text", "create index concurrently items_note on items (note)"],
    down: ["drop index items_note", "alter table items drop note"],
  },
};

const contextOf = (dsn: string, migrations: string, more: Partial<ContextOptions>) =>
  createContext({ dsn, migrations, ...more });

async function tenants(...names: string[]) {
  const database = await emptyDatabase();
  for (const name of names) await database.sql(`create schema "${name.replaceAll('"', '""')}"`);
  const tables = async () =>
    (
      await database.sql(
        "select schemaname || '.' || tablename as name from pg_tables where schemaname !~ '^(pg_|information_schema)' and tablename !~ 'mikro_orm_migrations_' order by 1",
      )
    ).map(({ name }) => name as string);
  return { ...database, tables };
}

const ledgerOf = (schema: string) => `${schema}.mikro_orm_migrations`;

describe("up in a tenant's schema", () => {
  it("runs what is shared once, first, and the rest in each schema, with a ledger of its own", async () => {
    const { dsn, tables } = await tenants("one", "two");
    const folder = await folderOf(history);
    const first = await up(contextOf(dsn, folder, { schema: "one" }));
    expect(first).toMatchObject({ outcome: "applied", steps: [countries, items, note].map((name) => ({ name })) });
    const second = await up(contextOf(dsn, folder, { schema: "two" }));
    expect(second).toMatchObject({ outcome: "applied", steps: [items, note].map((name) => ({ name })) });
    expect(await tables()).toEqual(
      ["one.items", ledgerOf("one"), "public.countries", ledgerOf("public"), "two.items", ledgerOf("two")].toSorted(),
    );
    expect(await up(contextOf(dsn, folder, { schema: "one" }))).toMatchObject({ outcome: "nothing", steps: [] });
  });

  it("lets schemas of one database run at once", async () => {
    const names = Array.from({ length: 8 }, (_, index) => `tenant_${index}`);
    const { dsn, sql } = await tenants(...names);
    const folder = await folderOf(history);
    const reports = await Promise.all(names.map(async (schema) => await up(contextOf(dsn, folder, { schema }))));
    expect(reports.map(({ outcome }) => outcome)).toEqual(names.map(() => "applied"));
    expect(await sql("select count(*)::int as n from pg_indexes where indexname = 'items_note'")).toEqual([{ n: 8 }]);
    expect(await sql("select count(*)::int as n from mikro_orm_migrations")).toEqual([{ n: 1 }]);
  });

  it("takes a schema whose name needs quotes, and keeps the search path whatever a migration sets", async () => {
    const name = `a "tenant's\\ own`;
    const { dsn, tables } = await tenants(name);
    const folder = await folderOf({
      Migration1_a: { up: ["create table a ()", "discard plans", "set work_mem = '8MB'"], down: ["drop table a"] },
      Migration2_b: { up: ["create table b ()"], down: ["drop table b"] },
    });
    expect(await up(contextOf(dsn, folder, { schema: name }))).toMatchObject({ outcome: "applied", error: null });
    expect(await tables()).toEqual([`${name}.a`, `${name}.b`, ledgerOf(name)]);
  });

  it("keeps the options of the connection string", async () => {
    const { dsn, sql } = await tenants("one");
    const folder = await folderOf({
      Migration1_a: { up: ["create table a as select current_setting('work_mem') as memory"], down: ["drop table a"] },
    });
    const options = encodeURIComponent("-c work_mem=7MB -c search_path=elsewhere");
    expect(await up(contextOf(`${dsn}?options=${options}`, folder, { schema: "one" }))).toMatchObject({ error: null });
    expect(await sql("select memory from one.a")).toEqual([{ memory: "7MB" }]);
  });

  it("refuses a schema that is not there, before anything that is shared is applied", async () => {
    const { dsn, tables } = await tenants();
    const context = contextOf(dsn, await folderOf(history), { schema: "tenant_9" });
    const refused = expect.objectContaining({
      message: expect.stringMatching(/"tenant_9" does not exist in .*create/),
    });
    await expect(up(context)).rejects.toEqual(refused);
    await expect(up(context, { dryRun: true })).rejects.toEqual(refused);
    await expect(readStatus(context)).rejects.toEqual(refused);
    expect(await tables()).toEqual([]);
  });

  it.each([
    ["a name with a schema", ["create table public.a ()"], "public.a"],
    ["one in a DO block", ["do $$ begin create table other.a (); end $$"], "other.a"],
    ["one of a sequence, as text", ["create sequence s", "select nextval('public.s')"], "public.s"],
    ["a search path", ["set search_path = public", "create table a ()"], "set search_path"],
    ["an extension", ["create extension if not exists pgcrypto"], "create extension"],
  ])("refuses %s, and changes nothing", async (_, statements, found) => {
    const { dsn, tables } = await tenants("one");
    const folder = await folderOf({ Migration1_a: { up: statements, down: ["select 1"] } });
    const report = await up(contextOf(dsn, folder, { schema: "one" }));
    expect(report).toMatchObject({ outcome: "refused", problems: [{ code: "not-shared", migration: "Migration1_a" }] });
    expect(report.problems[0]?.message).toContain(`says ${found}`);
    expect(await tables()).toEqual([]);
  });

  it.each([
    "drop table if exists countries",
    "alter table countries add name text",
    "delete from countries",
    "do $$ begin truncate countries; end $$",
    "with moved as (update countries set code = 'x' returning 1) select * from moved",
    "create index on countries (code)",
  ])("refuses what would change a table that all tenants share: %s", async (statement) => {
    const { dsn, sql } = await tenants("one");
    await sql("create table countries (code text); insert into countries values ('ch')");
    const folder = await folderOf({
      Migration1_a: { up: ["create table a (code text)"], down: ["drop table a"] },
      Migration2_b: { up: [statement, "alter table a add b int"], down: ["select 1"] },
    });
    const report = await up(contextOf(dsn, folder, { schema: "one" }));
    expect(report).toMatchObject({ outcome: "refused", problems: [{ code: "not-shared", migration: "Migration2_b" }] });
    expect(report.problems[0]?.message).toContain("changes countries, which is in public");
    await sql("create table one.countries (code text)");
    expect(await up(contextOf(dsn, folder, { schema: "one" }))).toMatchObject({ outcome: "applied" });
    expect(await sql("select code from public.countries")).toEqual([{ code: "ch" }]);
  });

  it("lets what is shared say all of that", async () => {
    const { dsn, tables } = await tenants("one");
    const folder = await folderOf({
      Migration1_a: { code: "\n// @shared\n", up: ["create table public.a ()"], down: ["drop table public.a"] },
      Migration2_b: { up: ["create table b ()"], down: ["drop table b"] },
    });
    expect(await up(contextOf(dsn, folder, { schema: "one" }))).toMatchObject({ outcome: "applied" });
    expect(await tables()).toEqual(["one.b", ledgerOf("one"), "public.a", ledgerOf("public")]);
  });

  it.each([
    [
      "a SQL file",
      "1_a.sql",
      "-- @shared: for all\n-- migrate:up\ncreate table a ();\n-- migrate:down\ndrop table a;\n",
    ],
    ["a program's list", undefined, ""],
  ])("knows what is shared in %s", async (_, file, text) => {
    const { dsn, tables } = await tenants("one");
    const own = { name: "2_b", up: ["create table b ()"], down: ["drop table b"] };
    const list = [{ name: "1_a", up: ["create table a ()"], shared: true }, own];
    const migrations = file
      ? await folderOf({
          [file]: text,
          "2_b.sql": "-- migrate:up\ncreate table b ();\n-- migrate:down\ndrop table b;\n",
        })
      : list;
    await createMigrator({ connection: dsn, migrations, schema: "one" }).up();
    expect(await tables()).toEqual(["one.b", ledgerOf("one"), "public.a", ledgerOf("public")]);
  });
});

describe("the other commands in a tenant's schema", () => {
  it("status and down mean that schema alone; what is shared is reverted by itself", async () => {
    const { dsn, tables } = await tenants("one", "two");
    const folder = await folderOf(history);
    const [one, two] = ["one", "two"].map((schema) => contextOf(dsn, folder, { schema }));
    if (!one || !two) throw new Error();
    for (const context of [one, two]) await up(context);
    expect(await down(one, { all: true })).toMatchObject({
      outcome: "reverted",
      steps: [{ name: note }, { name: items }],
    });
    expect(await readStatus(one)).toMatchObject({ state: "empty", target: note, problems: [] });
    expect(await readStatus(two)).toMatchObject({ state: "current", head: note, problems: [] });
    await down(two, { all: true });
    const shared = contextOf(dsn, folder, { shared: true });
    expect(await readStatus(shared)).toMatchObject({ state: "current", head: countries });
    expect(await down(shared)).toMatchObject({ outcome: "reverted", steps: [{ name: countries }] });
    expect(await tables()).toEqual([ledgerOf("one"), ledgerOf("public"), ledgerOf("two")]);
  });

  it("up --to goes as far in what is shared as in the rest, and --steps counts the tenant's own", async () => {
    const { dsn, tables } = await tenants("one");
    const late = { code: "\n// @shared\n", up: ["create table late ()"], down: ["drop table late"] };
    const context = contextOf(dsn, await folderOf({ ...history, Migration4_late: late }), { schema: "one" });
    expect(await up(context, { to: countries })).toMatchObject({ outcome: "applied", steps: [{ name: countries }] });
    expect(await up(context, { steps: 1 })).toMatchObject({ outcome: "applied", steps: [{ name: items }] });
    expect(await up(context, { to: note })).toMatchObject({ outcome: "applied", steps: [{ name: note }] });
    expect(await tables()).not.toContain("public.late");
    expect(await up(context)).toMatchObject({ outcome: "applied", steps: [{ name: "Migration4_late" }] });
  });

  it("nothing that is shared is applied where something speaks against the tenant's part", async () => {
    const { dsn, tables } = await tenants("one");
    const folder = await folderOf({
      Migration1_a: { code: "\n// @shared\n", up: ["create table a ()"], down: ["drop table a"] },
      Migration2_b: { up: ["create table other.b ()"], down: ["drop table other.b"] },
    });
    expect(await up(contextOf(dsn, folder, { schema: "one" }))).toMatchObject({
      outcome: "refused",
      steps: [{ name: "Migration2_b" }],
    });
    expect(await tables()).toEqual([]);
  });

  it("what is shared is in public, though the role has a schema of its own", async () => {
    const { dsn, sql, tables } = await tenants("one");
    await sql("do $$ begin execute format('create schema %I', current_user); end $$");
    expect(await sql("select current_schema() = current_user as own")).toEqual([{ own: true }]);
    await up(contextOf(dsn, await folderOf(history), { schema: "one" }));
    expect(await tables()).toContain("public.countries");
  });

  const marked = async (comment: string) =>
    await folderOf({
      Migration1_a: { code: `\n${comment}\n`, up: ["create table a ()"], down: ["drop table a"] },
      Migration2_b: { up: ["create table b ()"], down: ["drop table b"] },
    });

  it.each([
    ["// @shared-nothing is an architecture", "one.a"],
    ["/*\n  @shared\n*/", "public.a"],
  ])("reads %s as what it is", async (comment, table) => {
    const { dsn, tables } = await tenants("one");
    expect(await up(contextOf(dsn, await marked(comment), { schema: "one" }))).toMatchObject({ outcome: "applied" });
    expect(await tables()).toContain(table);
  });

  it("does not guess what a mark in the middle of a comment means", async () => {
    const { dsn } = await tenants("one");
    const folder = await marked("// Tables that are @shared stand elsewhere");
    await expect(up(contextOf(dsn, folder, { schema: "one" }))).rejects.toThrow(/not at its beginning/);
    expect(await up(contextOf(dsn, folder, {}))).toMatchObject({ outcome: "applied" });
  });

  it("without a schema, a database with tenants is left alone", async () => {
    const { dsn, tables } = await tenants("one");
    const folder = await folderOf(history);
    await up(contextOf(dsn, folder, { schema: "one" }));
    const before = await tables();
    const report = await up(contextOf(dsn, folder, {}));
    expect(report).toMatchObject({ outcome: "refused", problems: [{ code: "not-shared" }] });
    expect(report.problems[0]?.message).toMatch(
      /has tenants with a schema each .*one\.mikro_orm_migrations.*--schema S/,
    );
    expect(await tables()).toEqual(before);
  });

  it("a dry run shows what is shared first, and applies nothing of it", async () => {
    const { dsn, tables } = await tenants("one");
    const context = contextOf(dsn, await folderOf(history), { schema: "one" });
    const report = await up(context, { dryRun: true });
    expect(report).toMatchObject({ outcome: "planned", steps: [countries, items, note].map((name) => ({ name })) });
    expect(report.sql?.map(({ name }) => name)).toEqual([countries, items, note]);
    expect(await tables()).toEqual([]);
  });

  it("sql writes a script for that schema", async () => {
    const { dsn, sql, tables } = await tenants("one");
    await sql("create table countries (code text primary key)");
    const script = await renderScript(contextOf("", await folderOf(history), { schema: "one" }), { to: items });
    await sql(script);
    expect(await tables()).toEqual(["one.items", ledgerOf("one"), "public.countries"]);
    const status = await readStatus(contextOf(dsn, await folderOf(history), { schema: "one" }));
    expect(status).toMatchObject({ state: "behind", head: items, problems: [] });
  });

  it("those that look at the whole history refuse it", async () => {
    const { dsn } = await tenants("one");
    const migrator = createMigrator({ connection: dsn, migrations: await folderOf(history), schema: "one" });
    for (const run of [() => migrator.diff(), () => migrator.verify(), () => migrator.baseline({ at: items })])
      await expect(run()).rejects.toThrow(/history as a whole/);
    for (const run of [() => migrator.rebase(items), () => migrator.check()])
      await expect(run()).rejects.toThrow(ConfigurationError);
  });
});

describe("the parts of a history", () => {
  it("are held against the manifest as a whole", async () => {
    const { dsn } = await tenants("one");
    const folder = await folderOf(history);
    await rewriteManifest(folder);
    expect(await up(contextOf(dsn, folder, { schema: "one" }))).toMatchObject({ outcome: "applied" });
    const file = path.join(folder, "manifest.json");
    const manifest = JSON.parse(await readFile(file, "utf8")) as { migrations: { checksum: string }[] };
    // Of a shared migration, which is not part of the schema's history.
    Object.assign(manifest.migrations[0] ?? {}, { checksum: "0".repeat(64) });
    await writeFile(file, JSON.stringify(manifest));
    await expect(up(contextOf(dsn, folder, { schema: "one" }))).rejects.toThrow(RefusedError);
  });

  it("have a cache each", async () => {
    const { dsn } = await tenants("one");
    const [folder, cache] = [await folderOf(history), await temporaryFolder()];
    const run = async (more: object) => await up(contextOf(dsn, folder, { cache, ...more }));
    for (const _ of [1, 2, 3]) expect((await run({ schema: "one" })).problems).toEqual([]);
    expect(await run({ shared: true })).toMatchObject({ outcome: "nothing" });
    const { sql } = { sql: (await tenants()).dsn };
    expect(await up(contextOf(sql, folder, { cache }))).toMatchObject({ outcome: "applied", steps: { length: 3 } });
  });

  it("a schema and what is shared are not one run", () => {
    expect(() => contextOf("", "x", { schema: "a", shared: true })).toThrow(/one schema or of what is shared/);
    for (const schema of ["", "public", "pg_catalog", "information_schema", "x".repeat(64)])
      expect(() => contextOf("", "x", { schema })).toThrow(ConfigurationError);
    expect(() => contextOf("", "x", { schema: "a", ledger: "b.c" })).toThrow(/is in it/);
  });
});
