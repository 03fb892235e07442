import { describe, expect, it } from "vitest";
import { ConfigurationError, ConnectionError, UnknownMigrationError } from "../src/errors.ts";
import { down, up } from "../src/commands/up-and-down.ts";
import { readStatus } from "../src/commands/status.ts";
import { contextOf, emptyDatabase, folderOf, ledgerOf, serverWith, tablesOf } from "./support.ts";
import { inject } from "vitest";
import pg from "pg";

const table = (name: string) => ({ up: [`create table ${name} (id int)`], down: [`drop table ${name}`] });
const three = { M1000_a: table("a"), M2000_b: table("b"), M3000_c: table("c") };
const names = Object.keys(three);

/** A database and a folder of three migrations. */
async function start(files: Parameters<typeof folderOf>[0] = three) {
  const [database, folder] = [await emptyDatabase(), await folderOf(files)];
  return { ...database, folder, context: contextOf(database.dsn, folder) };
}

describe("up", () => {
  it("applies what is pending, in order, and has nothing to do the second time", async () => {
    const { sql, context } = await start();
    const report = await up(context);
    expect(report).toMatchObject({ outcome: "applied", problems: [], error: null });
    expect(report.steps).toEqual(
      names.map((name) => ({ name, result: "applied", durationMs: expect.any(Number), statements: 1 })),
    );
    expect(await tablesOf(sql)).toEqual(["a", "b", "c", "mikro_orm_migrations"]);
    expect(await ledgerOf(sql)).toEqual(names);
    expect(await up(context)).toEqual({ outcome: "nothing", steps: [], problems: [], error: null });
  });

  it("tells what happens as it happens", async () => {
    const { context } = await start();
    await up(context, { to: "b" });
    expect(context.events.map((event) => event.type)).toEqual([
      "planned",
      "started",
      "finished",
      "started",
      "finished",
    ]);
    const { username, host, pathname } = new URL(context.dsn);
    const plan = { direction: "up", steps: names.slice(0, 2) };
    expect(context.events[0]).toEqual({ type: "planned", plan, database: `${username}@${host}${pathname}` });
  });

  it.each([
    { options: { to: "2000" }, applied: 2 },
    { options: { to: "M1000_a" }, applied: 1 },
    { options: { steps: 2 }, applied: 2 },
    { options: { steps: 9 }, applied: 3 },
  ])("goes as far as $options says", async ({ options, applied }) => {
    const { sql, context } = await start();
    await up(context, options);
    expect(await ledgerOf(sql)).toEqual(names.slice(0, applied));
  });

  it("refuses an unknown target and does nothing", async () => {
    const { sql, context } = await start();
    await expect(up(context, { to: "d" })).rejects.toThrow(UnknownMigrationError);
    expect(await tablesOf(sql)).toEqual([]);
  });

  it("changes nothing in a dry run, not even the ledger, and gives the SQL", async () => {
    const { sql, context } = await start();
    expect(await up(context, { dryRun: true, steps: 2 })).toEqual({
      outcome: "planned",
      steps: names.slice(0, 2).map((name) => ({ name, result: "planned", durationMs: 0, statements: 1 })),
      problems: [],
      error: null,
      sql: [
        { name: "M1000_a", statements: ["create table a (id int)"] },
        { name: "M2000_b", statements: ["create table b (id int)"] },
      ],
    });
    expect(await tablesOf(sql)).toEqual([]);
  });

  it("says in a dry run that the rest of a computed migration is not known", async () => {
    const { context } = await start({ M1: { code: `this.addSql("select 1"); await this.execute("select 2");` } });
    expect((await up(context, { dryRun: true })).sql?.[0]?.statements).toEqual([
      "select 1",
      expect.stringContaining("computed while it runs"),
    ]);
  });

  it("takes names with quotes", async () => {
    const { sql, context } = await start({ [`M1_it's_"quoted"`]: table("a") });
    expect((await up(context)).outcome).toBe("applied");
    expect(await ledgerOf(sql)).toEqual([`M1_it's_"quoted"`]);
    expect((await down(context)).outcome).toBe("reverted");
    expect(await ledgerOf(sql)).toEqual([]);
  });

  it("refuses an empty folder and one that is not there", async () => {
    const { dsn } = await emptyDatabase();
    await expect(up(contextOf(dsn, await folderOf({})))).rejects.toThrow(ConfigurationError);
    await expect(up(contextOf(dsn, "/nowhere/at/all"))).rejects.toThrow("does not exist");
  });

  it("does not create a database whose name is mistyped", async () => {
    const folder = await folderOf(three);
    const mistyped = `mistyped_${Date.now()}`;
    const running = up(contextOf(serverWith(mistyped), folder));
    await expect(running).rejects.toThrow(ConnectionError);
    await expect(running).rejects.toThrow(`The database "${mistyped}" does not exist`);
    const client = new pg.Client(inject("postgresDsn"));
    await client.connect();
    const { rows } = await client.query("select from pg_database where datname = $1", [mistyped]);
    await client.end();
    expect(rows).toEqual([]);
  });
});

describe("down", () => {
  it.each([
    { options: {}, left: 2 },
    { options: { steps: 2 }, left: 1 },
    { options: { to: "M1000_a" }, left: 1 },
    { options: { all: true }, left: 0 },
  ])("reverts with $options", async ({ options, left }) => {
    const { sql, context } = await start();
    await up(context);
    const report = await down(context, options);
    expect(report.outcome).toBe("reverted");
    expect(report.steps.map(({ name, result }) => [name, result])).toEqual(
      names
        .slice(left)
        .toReversed()
        .map((name) => [name, "reverted"]),
    );
    expect(await ledgerOf(sql)).toEqual(names.slice(0, left));
    expect(await tablesOf(sql)).toEqual([...["a", "b", "c"].slice(0, left), "mikro_orm_migrations"]);
  });

  it("has nothing to do on an empty database", async () => {
    const { context } = await start();
    expect((await down(context)).outcome).toBe("nothing");
  });

  it("changes nothing in a dry run and gives the SQL", async () => {
    const { sql, context } = await start();
    await up(context);
    const { outcome, sql: planned } = await down(context, { dryRun: true });
    expect({ outcome, planned }).toEqual({
      outcome: "planned",
      planned: [{ name: "M3000_c", statements: ["drop table c"] }],
    });
    expect(await ledgerOf(sql)).toEqual(names);
  });
});

describe("a failure", () => {
  const failing = {
    M1000_a: table("a"),
    M2000_b: { up: ["create table b (id int)", "insert into nowhere values (1)", "select 1"] },
    M3000_c: table("c"),
  };

  it("leaves nothing of its migration, all of those before it, and none of the rest", async () => {
    const { sql, context } = await start(failing);
    const report = await up(context);
    expect(report.outcome).toBe("failed");
    expect(report.steps.map(({ result }) => result)).toEqual(["applied", "failed", "notRun"]);
    expect(await tablesOf(sql)).toEqual(["a", "mikro_orm_migrations"]);
    expect(await ledgerOf(sql)).toEqual(["M1000_a"]);
    expect(report.error).toMatchObject({
      code: "failed",
      migration: "M2000_b",
      statement: "insert into nowhere values (1)",
      number: 2,
      total: 3,
      sqlState: "42P01",
      position: 13,
    });
  });

  it("leaves the database where a corrected migration goes on", async () => {
    const { sql, context } = await start(failing);
    await up(context);
    const corrected = await folderOf(three);
    expect((await up({ ...context, migrations: corrected })).steps).toHaveLength(2);
    expect(await ledgerOf(sql)).toEqual(names);
  });

  it("at the commit, where deferred constraints are checked, is a failure like any other", async () => {
    const { sql, context } = await start({
      M1000_a: table("a"),
      M2000_b: {
        up: [
          "create table b (id int primary key, next int references b deferrable initially deferred)",
          "insert into b values (1, 2)",
        ],
      },
      M3000_c: table("c"),
    });
    const report = await up(context);
    expect(report).toMatchObject({
      outcome: "failed",
      error: { code: "failed", migration: "M2000_b", sqlState: "23503" },
    });
    expect(report.steps.map(({ result }) => result)).toEqual(["applied", "failed", "notRun"]);
    expect(await tablesOf(sql)).toEqual(["a", "mikro_orm_migrations"]);
    expect(await ledgerOf(sql)).toEqual(["M1000_a"]);
  });

  it("of down leaves the migration applied", async () => {
    const { sql, context } = await start({ M1: { up: ["create table a ()"], down: ["drop table a", "drop table b"] } });
    await up(context);
    expect(await down(context)).toMatchObject({ outcome: "failed", steps: [{ result: "failed" }] });
    expect(await ledgerOf(sql)).toEqual(["M1"]);
    expect(await tablesOf(sql)).toContain("a");
  });

  it("to read a file fails the run before anything is sent", async () => {
    const { sql, context } = await start({ ...three, "M2000_b.ts": "export class {" });
    expect(await up(context)).toMatchObject({
      outcome: "failed",
      error: { code: "broken-migration", migration: "M2000_b" },
      steps: [{ result: "notRun" }, { result: "failed" }, { result: "notRun" }],
    });
    expect(await tablesOf(sql)).toEqual([]);
  });

  it("to write to the ledger rolls the migration back", async () => {
    const { sql, context } = await start({
      M1000_a: table("a"),
      M2000_b: { up: ["create table b ()", "alter table mikro_orm_migrations rename to elsewhere"] },
    });
    expect(await up(context)).toMatchObject({ outcome: "failed", error: { code: "failed", migration: "M2000_b" } });
    expect(await tablesOf(sql)).toEqual(["a", "mikro_orm_migrations"]);
  });
});

describe("a migration outside a transaction", () => {
  it("runs what PostgreSQL refuses inside one, and is recorded", async () => {
    const { sql, context } = await start({
      M1000_a: { up: ["create table a (id int)"] },
      M2000_b: {
        transactional: false,
        up: ["create index concurrently idx on a (id)"],
        down: ["drop index concurrently idx"],
      },
    });
    expect((await up(context)).outcome).toBe("applied");
    expect(await sql("select indisvalid from pg_index where indexrelid = 'idx'::regclass")).toEqual([
      { indisvalid: true },
    ]);
    expect(await ledgerOf(sql)).toEqual(["M1000_a", "M2000_b"]);
    expect((await down(context)).outcome).toBe("reverted");
    expect(await sql("select to_regclass('idx') as idx")).toEqual([{ idx: null }]);
    expect(await ledgerOf(sql)).toEqual(["M1000_a"]);
  });

  it("is not recorded when it fails", async () => {
    const { sql, context } = await start({
      M1: { transactional: false, up: ["create index concurrently idx on a (id)"] },
    });
    expect(await up(context)).toMatchObject({ outcome: "failed", error: { sqlState: "42P01" } });
    expect(await ledgerOf(sql)).toEqual([]);
  });
});

describe("readStatus", () => {
  it("says where the database stands, and changes nothing", async () => {
    const { sql, context } = await start();
    expect(await readStatus(context)).toMatchObject({ state: "empty", head: null, target: "M3000_c" });
    expect(await tablesOf(sql)).toEqual([]);
    await up(context, { steps: 1 });
    expect(await readStatus(context)).toMatchObject({
      state: "behind",
      head: "M1000_a",
      pending: [{ name: "M2000_b" }, { name: "M3000_c" }],
    });
    await up(context);
    expect(await readStatus(context)).toMatchObject({ state: "current", head: "M3000_c", pending: [], problems: [] });
  });
});
