import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { rewriteManifest } from "../src/commands/create.ts";
import { renderScript } from "../src/commands/sql.ts";
import { readStatus } from "../src/commands/status.ts";
import { down, up } from "../src/commands/up-and-down.ts";
import { ConfigurationError, RefusedError } from "../src/errors.ts";
import { createMigrator } from "../src/migrator.ts";
import { folderOf, temporaryFolder } from "./support.ts";
import { contextOf, countries, history, items, ledgerOf, note, tenants } from "./tenants.ts";

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
    const names = Array.from({ length: 4 }, (_, index) => `tenant_${index}`);
    const { dsn, sql } = await tenants(...names);
    // Each waits until the others have come as far: what a sequence counts is seen before the commit.
    await sql("create sequence arrived");
    const meet = `do $$ begin
      perform nextval('arrived');
      while (select last_value from arrived) < 4 loop perform pg_sleep(0.05); end loop;
    end $$`;
    const { [note]: _, ...transactional } = history;
    const folder = await folderOf({ ...transactional, Migration4_meet: { up: [meet], down: ["select 1"] } });
    const run = async (schema: string) => await up(contextOf(dsn, folder, { schema, statementTimeoutMs: 15_000 }));
    const reports = await Promise.all(names.map(run));
    expect(reports.map(({ outcome }) => outcome)).toEqual(names.map(() => "applied"));
    expect(await sql("select count(*)::int as n from pg_tables where tablename = 'items'")).toEqual([{ n: 4 }]);
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

  it("keeps a ledger of another name in the schema", async () => {
    const { dsn, tables } = await tenants("one");
    const context = contextOf(dsn, await folderOf(history), { schema: "one", ledger: "migs" });
    await up(context);
    const expected = ["one.items", "one.migs", "public.countries", "public.migs"];
    expect((await tables()).filter((name) => !name.includes("migs_"))).toEqual(expected);
    expect(await readStatus(context)).toMatchObject({ state: "current", head: note });
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
    const last = { up: ["create table last ()"], down: ["drop table last"] };
    const folder = await folderOf({ ...history, Migration4_late: late, Migration5_last: last });
    const context = contextOf(dsn, folder, { schema: "one" });
    expect(await up(context, { to: countries })).toMatchObject({ outcome: "applied", steps: [{ name: countries }] });
    expect(await up(context, { steps: 1 })).toMatchObject({ outcome: "applied", steps: [{ name: items }] });
    expect(await up(context, { to: note })).toMatchObject({ outcome: "applied", steps: [{ name: note }] });
    expect(await tables()).not.toContain("public.late");
    expect(await up(context)).toMatchObject({ steps: [{ name: "Migration4_late" }, { name: "Migration5_last" }] });
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
    for (const run of [() => migrator.diff(), () => migrator.verify()])
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
    const whole = await tenants();
    expect(await up(contextOf(whole.dsn, folder, { cache }))).toMatchObject({
      outcome: "applied",
      steps: { length: 3 },
    });
  });

  it("a schema and what is shared are not one run", () => {
    expect(() => contextOf("", "x", { schema: "a", shared: true })).toThrow(/one schema or of what is shared/);
    for (const schema of ["", "public", "pg_catalog", "information_schema", "x".repeat(64)])
      expect(() => contextOf("", "x", { schema })).toThrow(ConfigurationError);
    expect(() => contextOf("", "x", { schema: "a", ledger: "b.c" })).toThrow(/is in it/);
  });
});
