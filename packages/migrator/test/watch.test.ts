import { expect, it } from "vitest";
import { up } from "../src/commands/up-and-down.ts";
import { readStatus } from "../src/commands/status.ts";
import { contextOf, emptyDatabase, folderOf, until } from "./support.ts";

it.each([
  { count: 5, holdMs: 800 },
  { count: 18, holdMs: 100 },
])("gives back the locks that it holds when $count waits of $holdMs ms add up", async ({ count, holdMs }) => {
  const { dsn, sql, connect } = await emptyDatabase();
  const tables = Array.from({ length: count }, (_, index) => `t${index + 1}`);
  for (const table of tables) await sql(`create table ${table} (id int)`);
  const folder = await folderOf({ M1: { up: tables.map((table) => `alter table ${table} add n int`) } });
  const context = contextOf(dsn, folder, { lockTimeoutMs: 1000 });
  // Each table but the first is held until the migration has waited for it for a while: no single wait is too long.
  const holders = await Promise.all(tables.slice(1).map(async () => await connect()));
  for (const [index, holder] of holders.entries()) await holder.query(`begin; select from t${index + 2}`);
  const running = up(context);
  const reader = await connect();
  let longest = 0;
  let reading = true;
  const read = async () => {
    while (reading) {
      const started = performance.now();
      await reader.query("select * from t1");
      longest = Math.max(longest, performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const readers = read();
  const waiting = async (table: string) =>
    (
      await sql(
        "select from pg_locks where relation = $1::regclass and not granted and mode = 'AccessExclusiveLock' and clock_timestamp() - waitstart > $2 * interval '1 ms'",
        [table, holdMs],
      )
    ).length;
  for (const [index, holder] of holders.entries()) {
    await until(async () => await waiting(`t${index + 2}`));
    await holder.query("commit");
  }
  expect((await running).outcome).toBe("applied");
  reading = false;
  await readers;
  expect(context.events.filter(({ type }) => type === "retrying").length).toBeGreaterThan(0);
  expect(longest).toBeLessThan(2000);
});

it("passes on what the server says, and tells what a long statement does", async () => {
  const { dsn } = await emptyDatabase();
  const notice = "do $$ begin raise notice 'half way'; end $$";
  const folder = await folderOf({ M1: { up: [notice, "select pg_sleep(2.5)"] } });
  const context = contextOf(dsn, folder);
  await up(context);
  expect(context.events).toContainEqual({ type: "notice", name: "M1", severity: "NOTICE", message: "half way" });
  const running = context.events.find(({ type }) => type === "running");
  expect(running).toMatchObject({ name: "M1", command: "select pg_sleep(2.5)", progress: null });
});

it("names a runner at work in status, and one whose process is gone", async () => {
  const { dsn, sql } = await emptyDatabase();
  const context = contextOf(dsn, await folderOf({ M1: { up: ["select pg_sleep(60)"] } }));
  const interrupt = new AbortController();
  const running = up({ ...context, signal: interrupt.signal });
  await until(
    async () =>
      (await sql("select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()")).length,
  );
  expect(await readStatus(context)).toMatchObject({
    state: "empty",
    runner: { applicationName: expect.stringContaining("M1"), pid: expect.any(Number) },
  });
  interrupt.abort();
  await running;
  expect((await readStatus(context)).runner).toBe(null);
});

it.each([true, false])(
  "sets aside the time-outs of the role, and says so (transactional: %s)",
  async (transactional) => {
    const { dsn, sql } = await emptyDatabase();
    const name = new URL(dsn).pathname.slice(1);
    await sql(`alter database "${name}" set statement_timeout = '500ms'`);
    await sql(`alter database "${name}" set idle_in_transaction_session_timeout = '500ms'`);
    const folder = await folderOf({
      M1: { transactional, up: ["select pg_sleep(0.7)"] },
      M2: { transactional, up: ["select pg_sleep(0.7)"] },
    });
    const context = contextOf(dsn, folder);
    expect(await up(context)).toMatchObject({ outcome: "applied", error: null });
    expect(context.events).toContainEqual({
      type: "timeouts",
      settings: { statement_timeout: "500ms", idle_in_transaction_session_timeout: "500ms" },
    });
  },
);

it("waits for another runner for longer than the role's sessions may be idle", async () => {
  const { dsn, sql } = await emptyDatabase();
  await sql(`alter database "${new URL(dsn).pathname.slice(1)}" set idle_session_timeout = '200ms'`);
  const folder = await folderOf({ M1: { up: ["select pg_sleep(3)"] } });
  const first = up(contextOf(dsn, folder));
  await until(
    async () =>
      (await sql("select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()")).length,
  );
  expect((await up(contextOf(dsn, folder, { lockWaitMs: 60_000 }))).outcome).toBe("nothing");
  expect((await first).outcome).toBe("applied");
});

it("ends a statement at the time-out that is asked for", async () => {
  const { dsn } = await emptyDatabase();
  const context = contextOf(dsn, await folderOf({ M1: { up: ["select pg_sleep(5)"] } }), { statementTimeoutMs: 200 });
  expect(await up(context)).toMatchObject({ outcome: "failed", error: { sqlState: "57014", number: 1 } });
});
