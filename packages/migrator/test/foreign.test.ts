import { describe, expect, it } from "vitest";
import { down, up } from "../src/commands/up-and-down.ts";
import { diff } from "../src/commands/diff.ts";
import { readStatus } from "../src/commands/status.ts";
import { contextOf, emptyDatabase, folderOf, ledgerOf, migrationSource, tablesOf } from "./support.ts";

const js = (name: string, up: string, extra = "") => `import { Migration } from "@mikro-orm/migrations";
export class ${name} extends Migration { async up() { this.addSql(${JSON.stringify(up)}); } ${extra} }
`;

describe("a folder that the stock migrator takes", () => {
  it("is taken as it is, in the order of the files' names, whatever they are called", async () => {
    const { dsn, sql } = await emptyDatabase();
    const directory = await folderOf({
      "20200101-first.js": js("First", "create table t1 ()"),
      "2020.02.dotted-S.js": js("Dotted", "create table t2 ()"),
      "Migration20190101.ts": migrationSource("Old", { up: ["create table t3 ()"] }),
      "V3__flyway_like.ts": migrationSource("V3", { up: ["create table t4 ()"] }),
      "a b (c).js": js("Spaces", "create table t5 ()"),
      "zz.cjs": `const { Migration } = require("@mikro-orm/migrations");
module.exports = { Zz: class Zz extends Migration { up() { this.addSql("create table t6 ()"); } } };`,
      "notes.md": "no migration",
      ".hidden.js": "nonsense(",
      "types.d.ts": "export declare const x: number;",
    });
    expect((await up(contextOf(dsn, directory))).outcome).toBe("applied");
    expect(await ledgerOf(sql)).toEqual([
      "2020.02.dotted-S",
      "20200101-first",
      "Migration20190101",
      "V3__flyway_like",
      "a b (c)",
      "zz.cjs",
    ]);
    expect(await readStatus(contextOf(dsn, directory))).toMatchObject({ state: "current", problems: [] });
    expect(await tablesOf(sql)).toEqual(["mikro_orm_migrations", "t1", "t2", "t3", "t4", "t5", "t6"]);
  });

  it("is not run again where the database records it in another table than the configured one", async () => {
    const { dsn, sql } = await emptyDatabase();
    const directory = await folderOf({
      M1: { up: ["create schema if not exists app", "create table app.t ()"] },
      M2: { up: ["create table u ()"] },
    });
    await sql("create schema app");
    expect((await up(contextOf(dsn, directory, { ledger: "app.migs" }), { steps: 1 })).outcome).toBe("applied");
    const context = contextOf(dsn, directory);
    expect((await readStatus(context)).problems).toMatchObject([
      { message: expect.stringContaining('set ledger: "app.migs"') },
    ]);
    await expect(up(context)).rejects.toMatchObject({ code: "refused", message: expect.stringContaining("app.migs") });
    expect(await tablesOf(sql)).toEqual([]);
    expect((await up(contextOf(dsn, directory, { ledger: "app.migs" }))).outcome).toBe("applied");
  });

  it("is checked on a shadow where the ledger's schema is there before its first migration", async () => {
    const { dsn, sql } = await emptyDatabase();
    await sql("create schema app");
    const directory = await folderOf({ M1: { up: ["create table t ()"], down: ["drop table t"] } });
    const context = contextOf(dsn, directory, { ledger: "app.migs" });
    await up(context);
    const { live } = await diff(context, { servers: [dsn] });
    expect(live?.differences ?? []).not.toContainEqual(expect.objectContaining({ name: "app" }));
  });

  it("may use an enum value in the migration after the one that adds it", async () => {
    const { dsn, sql } = await emptyDatabase();
    const directory = await folderOf({
      M1: { up: ["create type mood as enum ('good')", "create table a (mood mood)"] },
      M2: { up: ["alter type mood add value 'bad'"] },
      M3: { up: ["insert into a values ('bad')"] },
    });
    expect((await up(contextOf(dsn, directory))).outcome).toBe("applied");
    expect(await sql("select mood::text from a")).toEqual([{ mood: "bad" }]);
  });

  it("may have migrations without a down, which down refuses by name before it reverts anything", async () => {
    const { dsn, sql } = await emptyDatabase();
    const directory = await folderOf({
      M1: { up: ["create table a ()"] },
      M2: { up: ["create table b ()"], down: ["drop table b"] },
    });
    await up(contextOf(dsn, directory));
    const report = await down(contextOf(dsn, directory), { all: true });
    expect(report).toMatchObject({ outcome: "refused", problems: [{ code: "irreversible", migration: "M1" }] });
    expect(await tablesOf(sql)).toEqual(["a", "b", "mikro_orm_migrations"]);
  });
});

describe("an index that is built outside a transaction", () => {
  const start = async () => {
    const { dsn, sql } = await emptyDatabase();
    await sql("create table a (n int)");
    await sql("insert into a values (1), (1)");
    const directory = await folderOf({
      M1: {
        transactional: false,
        up: ["create unique index concurrently if not exists a_n on a (n)"],
        down: ["drop index concurrently a_n"],
      },
    });
    return { sql, context: contextOf(dsn, directory) };
  };
  const valid = async (sql: (text: string) => Promise<Record<string, unknown>[]>) =>
    await sql("select indisvalid as valid from pg_index where indexrelid = to_regclass('a_n')");

  it("and left invalid by a failure is built anew, although IF NOT EXISTS would step over it", async () => {
    const { sql, context } = await start();
    expect(await up(context)).toMatchObject({ outcome: "failed", error: { sqlState: "23505" } });
    expect(await valid(sql)).toEqual([{ valid: false }]);
    expect(await readStatus(context)).toMatchObject({
      state: "half-done",
      problems: [
        { code: "half-done", migration: "M1" },
        { code: "invalid-index", migration: null },
      ],
    });
    await sql("delete from a");
    expect((await up(context)).outcome).toBe("applied");
    expect(await valid(sql)).toEqual([{ valid: true }]);
    expect((await down(context)).outcome).toBe("reverted");
    expect(await valid(sql)).toEqual([]);
  });

  it("and stands there by hand is not taken for its own, however often one tries", async () => {
    const { dsn, sql } = await emptyDatabase();
    await sql("create table a (n int, m int)");
    await sql("create index a_n on a (m)");
    const directory = await folderOf({ M1: { transactional: false, up: ["create index concurrently a_n on a (n)"] } });
    for (const _ of [1, 2, 3])
      expect(await up(contextOf(dsn, directory))).toMatchObject({ outcome: "failed", error: { sqlState: "42P07" } });
    expect(await ledgerOf(sql)).toEqual([]);
  });

  it("and stands there already, valid, is left alone as IF NOT EXISTS says", async () => {
    const { sql, context } = await start();
    await sql("delete from a");
    await sql("create index a_n on a (n)");
    expect((await up(context)).outcome).toBe("applied");
    expect(await valid(sql)).toEqual([{ valid: true }]);
  });
});
