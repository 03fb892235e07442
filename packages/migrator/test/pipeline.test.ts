import { describe, expect, it, onTestFinished } from "vitest";
import { connect } from "../src/postgres/connection.ts";
import type { MigrationFailedError } from "../src/errors.ts";
import { sendPipeline } from "../src/execute/pipeline.ts";
import { down, up } from "../src/commands/up-and-down.ts";
import { contextOf, emptyDatabase, folderOf, ledgerOf, tablesOf, until } from "./support.ts";

const table = "create table a (id int)";

/** Applies one migration and gives its failure. */
async function failureOf(statements: readonly string[]) {
  const { dsn, sql } = await emptyDatabase();
  const folder = await folderOf({ M1: { up: statements } });
  const { outcome, error } = await up(contextOf(dsn, folder));
  expect(outcome).toBe("failed");
  expect(await tablesOf(sql)).toEqual(["mikro_orm_migrations"]);
  expect(await ledgerOf(sql)).toEqual([]);
  return error as MigrationFailedError;
}

describe("a migration as one pipeline", () => {
  it.each([
    ["ends in a comment", [`${table} -- it's a table`, "insert into a values (1) /* ; */", "select 1;"]],
    ["has strings of statements", [`${table}; insert into a values (1)`, "select 1; select 2;; select 'a;b'"]],
    ["has a function", ["create function f() returns int language sql as $$ select 1; $$", table]],
  ])("applies one that %s", async (_, statements) => {
    const { dsn, sql } = await emptyDatabase();
    const folder = await folderOf({ M1: { up: statements, down: ["drop table if exists a"] } });
    expect((await up(contextOf(dsn, folder))).steps).toMatchObject([
      { result: "applied", statements: statements.length },
    ]);
    expect(await sql("select name, duration_ms > 0 as took from mikro_orm_migrations")).toEqual([
      { name: "M1", took: true },
    ]);
    expect((await down(contextOf(dsn, folder))).outcome).toBe("reverted");
    expect(await tablesOf(sql)).toEqual(["mikro_orm_migrations"]);
    expect(await sql("select action from mikro_orm_migrations_audit order by id")).toEqual([
      { action: "applied" },
      { action: "reverted" },
    ]);
  });

  it.each([
    ["1", [`insert into "nö" values (1)`, table], 1, 13, "42P01"],
    ["2, of definitions", [table, "alter table a add b nope;", "drop table a"], 2, 21, "42704"],
    ["3, of definitions", [table, "create index on a (id)", "create table a (id int)"], 3, null, "42P07"],
    ["2, behind a comment", [`${table} -- ünï 🐘 '`, "select 1 from b", "select 1"], 2, 15, "42P01"],
    ["3, in a string of statements", [table, "select 1", "select 1; select nope"], 3, 18, "42703"],
    ["2, where it divides by zero", [table, "select 1 / 0"], 2, null, "22012"],
  ])("names the statement that fails: %s", async (_, statements, number, position, sqlState) => {
    expect(await failureOf(statements)).toMatchObject({
      statement: statements[number - 1],
      number,
      total: statements.length,
      position,
      sqlState,
      rolledBack: true,
    });
  });

  it.each([
    ["a syntax error", [table, "select 1", "alter tabel a add b int"], 3, 7, "42601"],
    ["a failure before a syntax error", [table, "select 1 from b", "alter tabel a"], 2, 15, "42P01"],
    ["an open string", [table, "select 'a", "select 'b'"], 2, 8, "42601"],
    ["an open comment", [table, "select 1 /* a", "select 2 */"], 2, 10, "42601"],
    ["an open dollar quote", [table, "select $$", "select $$"], 2, 8, "42601"],
    ["an open parenthesis", ["create table a (", "id int)"], 1, 17, "42601"],
    ["two halves of a string", ["select 'a", "b'", "select 'c'"], 1, 8, "42601"],
  ])("names the statement with %s, as if each was sent alone", async (_, statements, number, position, sqlState) => {
    expect(await failureOf(statements)).toMatchObject({
      statement: statements[number - 1],
      number,
      position,
      sqlState,
    });
  });

  it("lets the server wait for the disk once: at the last migration", async () => {
    const { dsn, sql } = await emptyDatabase();
    // The tests' server never waits.
    await sql(`alter database "${new URL(dsn).pathname.slice(1)}" set synchronous_commit = on`);
    const note = "insert into settings values (current_setting('synchronous_commit'))";
    const folder = await folderOf({
      M1: { up: ["create table settings (value text)", note] },
      M2: { up: [note] },
      M3: { up: [note] },
    });
    await up(contextOf(dsn, folder));
    expect((await sql("select value from settings")).map(({ value }) => value)).toEqual(["off", "off", "on"]);
  });

  it.each([
    "create table b (id int); commit; begin; create table c (id int)",
    "create table b (id int); end",
    "/* done */ abort",
    "select 1; -- x\ncommit work",
    "select 'a;b'; prepare transaction 'x'",
  ])("is refused before anything runs when a string ends the transaction: %s", async (statement) => {
    const { dsn, sql } = await emptyDatabase();
    const { outcome, error } = await up(contextOf(dsn, await folderOf({ M1: { up: [table, statement] } })));
    expect(outcome).toBe("failed");
    expect(error).toMatchObject({ code: "broken-migration", migration: "M1" });
    expect(await tablesOf(sql)).toEqual([]);
  });

  it.each([
    ["does what a block may do", "do $$ begin perform 1; end $$"],
    ["may choose its isolation", "set transaction isolation level serializable"],
    ["may speak of an end", "select 'commit; end' as \"end\""],
    ["may read strings in the old way", "set standard_conforming_strings = off"],
  ])("%s", async (_, statement) => {
    const { dsn, sql } = await emptyDatabase();
    const folder = await folderOf({ M1: { up: [statement, table] } });
    expect(await up(contextOf(dsn, folder))).toMatchObject({ outcome: "applied", error: null });
    expect(await ledgerOf(sql)).toEqual(["M1"]);
  });

  it("says what COPY FROM STDIN lacks, before anything runs", async () => {
    const { dsn, sql } = await emptyDatabase();
    const { error } = await up(contextOf(dsn, await folderOf({ M1: { up: [table, "copy a from stdin"] } })));
    expect(error).toMatchObject({ code: "broken-migration", message: expect.stringContaining("cannot send rows") });
    expect(await tablesOf(sql)).toEqual([]);
  });

  it("fails where the server asks for rows all the same, and nothing stays", async () => {
    const { dsn, sql } = await emptyDatabase();
    const { client, close } = await connect(dsn, "test");
    onTestFinished(close);
    const commands = [table, "copy a from stdin", "select 1"].map((text) => ({ text }));
    expect(await sendPipeline(client, commands)).toMatchObject({
      error: { code: "08P01", message: expect.stringContaining("during COPY from stdin") },
      command: commands[1],
    });
    expect(await tablesOf(sql)).toEqual([]);
  });

  it("lets a migration go back to a savepoint of its own", async () => {
    const { dsn, sql } = await emptyDatabase();
    const statements = ["savepoint s; create table b (id int); rollback to savepoint s", "create table c (id int)"];
    expect((await up(contextOf(dsn, await folderOf({ M1: { up: statements } })))).outcome).toBe("applied");
    expect(await tablesOf(sql)).toEqual(["c", "mikro_orm_migrations"]);
  });

  it("does not carry a session's settings to the next migration, nor a failed one's to the audit", async () => {
    const { dsn, sql } = await emptyDatabase();
    const folder = await folderOf({
      M1: { up: ["set search_path = pg_temp", "set role pg_read_all_data"] },
      M2: { up: ["create table public.a (id int)", "set role pg_read_all_data", "select 1 / 0"] },
    });
    expect((await up(contextOf(dsn, folder))).steps).toMatchObject([{ result: "applied" }, { result: "failed" }]);
    expect(await sql("select action, migration, statement from mikro_orm_migrations_audit order by id")).toEqual([
      { action: "applied", migration: "M1", statement: null },
      { action: "failed", migration: "M2", statement: 3 },
    ]);
  });

  it("names what fails at the commit, and does not go on", async () => {
    const { dsn, sql } = await emptyDatabase();
    const folder = await folderOf({
      M1: {
        up: [
          "create table a (id int primary key, b int references a deferrable initially deferred)",
          "insert into a values (1, 2)",
        ],
      },
      M2: { up: ["create table b (id int)"] },
    });
    const report = await up(contextOf(dsn, folder));
    expect(report.steps).toMatchObject([{ result: "failed" }, { result: "notRun" }]);
    expect(report.error).toMatchObject({ sqlState: "23503", statement: null, number: null });
    expect(await tablesOf(sql)).toEqual(["mikro_orm_migrations"]);
  });

  it("waits again for a lock that it did not get, and tells who has it, whichever statement waits", async () => {
    const { dsn, sql, connect } = await emptyDatabase();
    await sql(table);
    const folder = await folderOf({
      M1: { up: ["create table b (id int)", "select pg_sleep(0.3)", "alter table a add b int"] },
    });
    const holder = await connect();
    await holder.query("begin; select * from a");
    const context = contextOf(dsn, folder, { lockTimeoutMs: 300 });
    const running = up(context);
    await until(async () => context.events.some(({ type }) => type === "retrying"));
    await holder.query("commit");
    expect((await running).outcome).toBe("applied");
    expect(context.events.map(({ type }) => type)).toContain("blocked");
  });

  it("is cancelled and rolled back at an interrupt", async () => {
    const { dsn, sql } = await emptyDatabase();
    const folder = await folderOf({ M1: { up: [table, "select pg_sleep(30)"] } });
    const interrupt = new AbortController();
    const running = up(contextOf(dsn, folder, { signal: interrupt.signal }));
    await until(
      async () =>
        (await sql("select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"))
          .length,
    );
    interrupt.abort();
    expect((await running).error).toMatchObject({ code: "interrupted" });
    expect(await tablesOf(sql)).toEqual(["mikro_orm_migrations"]);
  });
});
