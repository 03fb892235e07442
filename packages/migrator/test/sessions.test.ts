import { describe, expect, it } from "vitest";
import { LockedError } from "../src/errors.ts";
import { up } from "../src/commands/up-and-down.ts";
import { connect } from "../src/postgres/connection.ts";
import { withLock } from "../src/postgres/advisory-lock.ts";
import { contextOf, emptyDatabase, folderOf, ledgerOf, openClient, tablesOf, until } from "./support.ts";
import { onTestFinished } from "vitest";
import { defaultLedger, lockName } from "../src/ledger/tables.ts";

describe("what a migration sets for its session", () => {
  const reveal = `insert into seen select current_setting('search_path'), current_user, session_user, current_setting('statement_timeout')`;
  const settings = [
    { what: "the search path", up: ["set search_path = other"] },
    { what: "the role", up: ["set role ROLE"] },
    { what: "the session's user", up: ["set session authorization ROLE"] },
    { what: "a time-out", up: ["set statement_timeout = '7min'"] },
  ];

  it.each(settings.flatMap((one) => [true, false].map((transactional) => ({ ...one, transactional }))))(
    "does not reach the next one: $what, transactional $transactional",
    async ({ up: statements, transactional }) => {
      const { dsn, sql } = await emptyDatabase();
      const role = await temporaryRole(dsn);
      await sql("create table seen (path text, role text, login text, timeout text)");
      const folder = await folderOf({
        M1: { up: statements.map((statement) => statement.replace("ROLE", role)), transactional },
        M2: { up: [reveal] },
        M3: { up: [reveal.replace("seen", "public.seen")], transactional: false },
      });
      expect((await up(contextOf(dsn, folder))).error).toBeNull();
      const [row] = await sql<{ role: string }>("select current_user as role");
      const ours = { path: '"$user", public', role: row?.role, login: row?.role, timeout: "0" };
      expect(await sql("select * from seen")).toEqual([ours, ours]);
      expect(await ledgerOf(sql)).toEqual(["M1", "M2", "M3"]);
    },
  );

  it("counts for the rest of that migration", async () => {
    const { dsn, sql } = await emptyDatabase();
    const folder = await folderOf({
      M1: { up: ["create schema other", "set search_path = other", "create table a ()"] },
    });
    await up(contextOf(dsn, folder));
    expect(await sql("select to_regclass('other.a')::text as a")).toEqual([{ a: "other.a" }]);
  });
});

/** A role without any rights, for this test. */
async function temporaryRole(dsn: string): Promise<string> {
  const client = await openClient(dsn);
  const role = `role_${crypto.randomUUID().slice(0, 8)}`;
  await client.query(`create role ${role}`);
  onTestFinished(async () => {
    const cleaner = await openClient(dsn).catch(() => undefined);
    await cleaner?.query(`drop owned by ${role}`);
    await cleaner?.query(`drop role ${role}`);
  });
  return role;
}

describe("the lock", () => {
  const steps = { M1: { up: ["create table a (id int)"] }, M2: { up: ["create table b (id int)"] } };

  it("lets ten runners at once apply each migration once", async () => {
    const { dsn, sql } = await emptyDatabase();
    const folder = await folderOf(steps);
    const reports = await Promise.all(Array.from({ length: 10 }, () => up(contextOf(dsn, folder))));
    const outcomes = reports.map(({ outcome }) => outcome).sort();
    expect(outcomes).toEqual(["applied", ...Array.from({ length: 9 }, () => "nothing")]);
    expect(await ledgerOf(sql)).toEqual(["M1", "M2"]);
  });

  /** Holds the runner's lock in a session of its own until `release`. */
  async function hold(dsn: string) {
    const connection = await connect(dsn, "the other runner");
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: held, resolve: tell } = Promise.withResolvers<void>();
    const options = { name: lockName(defaultLedger), waitMs: 0, onWaiting: () => {} };
    const done = withLock(connection.query, options, async () => {
      tell();
      await released;
    });
    onTestFinished(async () => {
      release();
      await done;
      await connection.close();
    });
    await held;
    return { pid: connection.pid, release };
  }

  it("that another session holds ends the run, which names the holder and did nothing", async () => {
    const { dsn, sql } = await emptyDatabase();
    const { pid } = await hold(dsn);
    const context = contextOf(dsn, await folderOf(steps), { lockWaitMs: 0 });
    const error = await up(context).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(LockedError);
    expect((error as Error).message).toContain(`the other runner (process ${pid}`);
    expect(context.events).toEqual([
      { type: "waiting", holder: expect.objectContaining({ pid, applicationName: "the other runner" }) },
    ]);
    expect(await tablesOf(sql)).toEqual([]);
  });

  it("is waited for, and the plan made anew once it is free", async () => {
    const { dsn, sql } = await emptyDatabase();
    const { release } = await hold(dsn);
    const context = contextOf(dsn, await folderOf(steps));
    const running = up(context);
    await until(async () => context.events.some(({ type }) => type === "waiting"));
    release();
    expect((await running).outcome).toBe("applied");
    expect(await ledgerOf(sql)).toEqual(["M1", "M2"]);
  });

  it("does not stand in the way of a runner on another ledger", async () => {
    const { dsn } = await emptyDatabase();
    await hold(dsn);
    const context = contextOf(dsn, await folderOf(steps), { ledger: "other_ledger", lockWaitMs: 0 });
    expect((await up(context)).outcome).toBe("applied");
  });

  it("is free again after a run, and after one that failed", async () => {
    const { dsn, sql } = await emptyDatabase();
    await up(contextOf(dsn, await folderOf({ M1: { up: ["select 1/0"] } })));
    expect((await up(contextOf(dsn, await folderOf(steps), { lockWaitMs: 0 }))).outcome).toBe("applied");
    expect(
      await sql(
        "select from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
      ),
    ).toEqual([]);
  });

  it("waited for ends when the run is aborted", async () => {
    const { dsn } = await emptyDatabase();
    await hold(dsn);
    const controller = new AbortController();
    const running = up(
      contextOf(dsn, await folderOf(steps), { signal: controller.signal, onEvent: () => controller.abort() }),
    );
    await expect(running).rejects.toMatchObject({ code: "interrupted" });
  });
});

describe("a lock on a table", () => {
  it("that does not come in time is tried for again, and the report says so", async () => {
    const { dsn, sql, connect } = await emptyDatabase();
    await sql("create table a (id int)");
    const blocker = await connect();
    await blocker.query("begin; lock table a");
    const folder = await folderOf({ M1: { up: ["create table b ()", "alter table a add column name text"] } });
    const context = contextOf(dsn, folder, {
      lockTimeoutMs: 50,
      onEvent: ({ type }) => void (type === "retrying" && blocker.query("commit")),
    });
    const report = await up(context);
    expect(report).toMatchObject({ outcome: "applied", steps: [{ result: "applied", statements: 2 }] });
    expect(context.events).toContainEqual({ type: "retrying", name: "M1", attempt: 1, pauseMs: expect.any(Number) });
    expect(await ledgerOf(sql)).toEqual(["M1"]);
  });

  it("that never comes fails the migration once the budget is spent", async () => {
    const { dsn, sql, connect } = await emptyDatabase();
    await sql("create table a (id int)");
    await (await connect()).query("begin; lock table a");
    const folder = await folderOf({ M1: { up: ["create table b ()", "alter table a add column name text"] } });
    const report = await up(contextOf(dsn, folder, { lockTimeoutMs: 50, lockBudgetMs: 0 }));
    expect(report).toMatchObject({ outcome: "failed", error: { sqlState: "55P03", number: 2 } });
    expect(await tablesOf(sql)).toEqual(["a", "mikro_orm_migrations"]);
  });
});

describe("an abort", () => {
  it.each([true, false])("cancels the statement under way, transactional %s", async (transactional) => {
    const { dsn, sql } = await emptyDatabase();
    const controller = new AbortController();
    const folder = await folderOf({
      M1: { up: ["create table a ()"] },
      M2: { up: transactional ? ["create table b ()", "select pg_sleep(60)"] : ["select pg_sleep(60)"], transactional },
      M3: { up: ["create table c ()"] },
    });
    const running = up(contextOf(dsn, folder, { signal: controller.signal }));
    await until(
      async () =>
        (await sql("select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'"))
          .length,
    );
    controller.abort();
    const report = await running;
    expect(report).toMatchObject({ outcome: "failed", error: { code: "interrupted" } });
    expect(report.steps.map(({ result }) => result)).toEqual(["applied", "failed", "notRun"]);
    expect(await tablesOf(sql)).toEqual(["a", "mikro_orm_migrations"]);
    expect(await ledgerOf(sql)).toEqual(["M1"]);
  });

  it("before the first migration runs none", async () => {
    const { dsn, sql } = await emptyDatabase();
    const signal = AbortSignal.abort();
    await expect(
      up(contextOf(dsn, await folderOf({ M1: { up: ["create table a ()"] } }), { signal })),
    ).rejects.toMatchObject({ code: "interrupted" });
    expect(await tablesOf(sql)).toEqual([]);
  });
});

it("reports a connection that the server ended, and the migration is rolled back", async () => {
  const { dsn, sql } = await emptyDatabase();
  const folder = await folderOf({
    M1: { up: ["create table a ()", "select pg_terminate_backend(pg_backend_pid())"] },
    M2: { up: ["select 1"] },
  });
  const report = await up(contextOf(dsn, folder));
  expect(report.outcome).toBe("failed");
  expect(report.error?.message).toMatch(/terminat/);
  expect(report.steps.map(({ result }) => result)).toEqual(["failed", "notRun"]);
  expect(await tablesOf(sql)).toEqual(["mikro_orm_migrations"]);
});
