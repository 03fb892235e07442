import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { createMigrator } from "../src/migrator.ts";
import { readStatus } from "../src/commands/status.ts";
import { up } from "../src/commands/up-and-down.ts";
import { folderOf } from "./support.ts";
import { contextOf, countries, history, items, ledgerOf, note, tenants } from "./tenants.ts";

describe("a tenant's migration", () => {
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

  it("lets it change a table that it makes itself, though one of that name is in public", async () => {
    const { dsn, sql } = await tenants("one");
    await sql("create table public.a ()");
    const folder = await folderOf({
      Migration1_a: { up: ["create table a ()", "alter table a add b int"], down: ["drop table a"] },
      Migration2_b: { up: ["alter table a add c int"], down: ["alter table a drop c"] },
    });
    expect(await up(contextOf(dsn, folder, { schema: "one" }))).toMatchObject({ outcome: "applied" });
    expect(
      await sql(
        "select table_schema::text as schema, column_name::text as name from information_schema.columns where table_name = 'a' order by 2",
      ),
    ).toEqual([
      { schema: "one", name: "b" },
      { schema: "one", name: "c" },
    ]);
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

describe("what all tenants share", () => {
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

  it("nothing that is shared is applied where a file of the tenant's part cannot be loaded", async () => {
    const { dsn, tables } = await tenants("one");
    const folder = await folderOf(history);
    await writeFile(path.join(folder, "Migration4_broken.ts"), "export class Migration4_broken {");
    expect(await up(contextOf(dsn, folder, { schema: "one" }))).toMatchObject({ outcome: "failed" });
    expect(await tables()).toEqual([]);
  });

  it("the tenant's part is not begun where the shared one fails", async () => {
    const { dsn, tables } = await tenants("one");
    const folder = await folderOf({
      Migration1_a: { code: "\n// @shared\n", up: ["select 1 / 0"], down: ["select 1"] },
      Migration2_b: { up: ["create table b ()"], down: ["drop table b"] },
    });
    const report = await up(contextOf(dsn, folder, { schema: "one" }));
    expect(report).toMatchObject({ outcome: "failed", steps: [{ name: "Migration1_a", result: "failed" }] });
    expect(await tables()).toEqual([ledgerOf("public")]);
  });

  it("a dry run shows what speaks against the shared part, too", async () => {
    const { dsn, sql } = await tenants("one");
    const folder = await folderOf(history);
    await up(contextOf(dsn, folder, { shared: true }));
    await sql("update mikro_orm_migrations set checksum = 'another'");
    const report = await up(contextOf(dsn, folder, { schema: "one" }), { dryRun: true });
    expect(report).toMatchObject({ outcome: "refused", problems: [{ code: "changed", migration: countries }] });
  });

  it("a history of nothing else has no part for a schema", async () => {
    const { dsn, tables } = await tenants("one");
    const folder = await folderOf({
      Migration1_a: { code: "\n// @shared\n", up: ["create table a ()"], down: ["drop table a"] },
    });
    await expect(readStatus(contextOf(dsn, folder, { schema: "one" }))).rejects.toThrow(/All .* are marked @shared/);
    expect(await up(contextOf(dsn, folder, { schema: "one" }))).toMatchObject({ steps: [{ name: "Migration1_a" }] });
    expect(await tables()).toEqual(["public.a", ledgerOf("public")]);
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

  it("without a schema, a database that has the whole history goes on, though another ledger is beside it", async () => {
    const { dsn, sql } = await tenants("copy");
    const context = contextOf(dsn, await folderOf(history), {});
    await up(context, { to: items });
    await sql(`create table copy.mikro_orm_migrations as select '${note}' as name, now() as executed_at`);
    expect(await up(context)).toMatchObject({ outcome: "applied", steps: [{ name: note }] });
  });
});
