import { fork } from "node:child_process";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { listBackfills, runNextBackfill, setPaused } from "../src/commands/backfill.ts";
import { backfillLock } from "../src/ledger/tables.ts";
import { runBackfill } from "../src/execute/backfill/run-backfill.ts";
import { withConnection } from "../src/execute/session.ts";
import { openHistory } from "../src/history/history.ts";
import { rebase } from "../src/commands/rebase.ts";
import { readStatus } from "../src/commands/status.ts";
import { up } from "../src/commands/up-and-down.ts";
import { contextOf, ledgerOf, openClient, until } from "./support.ts";

import { changes, fill, first, interruptAfterOne, last, project } from "./backfill-project.ts";

describe("a backfill", () => {
  it("of a small table is one statement of up", async () => {
    const { context, sql } = await project({ rows: 500 });
    const report = await up(context, {});
    expect(report.steps.map(({ result }) => result)).toEqual(["applied", "applied", "applied"]);
    expect(await changes(sql)).toEqual({ 1: 500 });
  });

  it("of a large table is held with all that comes after it, until it has run", async () => {
    const { context, sql } = await project();
    const report = await up(context, {});
    expect(report.outcome).toBe("applied");
    expect(report.steps.map(({ result }) => result)).toEqual(["applied", "held", "held"]);
    expect(await changes(sql)).toEqual({ 0: 20_000 });
    expect(await listBackfills(context)).toMatchObject([{ migration: fill, last: null, scanned: 0 }]);
    expect(await readStatus(context)).toMatchObject({ state: "behind", held: [{ name: fill }, { name: last }] });
    await expect(rebase(context, fill)).rejects.toThrow("is begun");
    expect(await up(context, {})).toMatchObject({
      outcome: "nothing",
      steps: [{ result: "held" }, { result: "held" }],
    });

    expect(await runNextBackfill(context)).toMatchObject({
      outcome: "applied",
      steps: [{ name: fill, result: "applied" }],
    });
    expect(await changes(sql)).toEqual({ 1: 20_000 });
    expect(await ledgerOf(sql)).toEqual([first, fill]);
    expect(await listBackfills(context)).toEqual([]);
    expect(await up(context, {})).toMatchObject({ outcome: "applied", steps: [{ name: last }] });
  });

  it("runs within up where up waits for it", async () => {
    const { dsn, folder, sql } = await project();
    const report = await up(contextOf(dsn, folder, { backfills: "wait" }), {});
    expect(report.steps.map(({ result }) => result)).toEqual(["applied", "applied", "applied"]);
    expect(await changes(sql)).toEqual({ 1: 20_000 });
    const [row] = await sql<{ ms: number }>("select duration_ms as ms from mikro_orm_migrations where name = $1", [
      fill,
    ]);
    expect(row?.ms).toBeGreaterThan(1);
  });

  it("tells its progress", async () => {
    const { context, sql } = await project();
    await up(context, {});
    await sql("analyze t");
    await runNextBackfill(context);
    const progress = context.events.find((event) => event.type === "backfill");
    expect(progress).toMatchObject({ name: fill, scanned: 1000, changed: 1000, batch: 1000, waiting: null });
  });

  it.each([
    { type: "uuid primary key", key: "gen_random_uuid()" },
    { type: "text primary key", key: "'k ''' || n" },
    { type: "timestamptz primary key", key: "now() + n * interval '1 microsecond'" },
    { type: "numeric(20,5) primary key", key: "n / 7.0" },
    {
      type: "bigint not null unique",
      key: "-n::bigint * 3000000000",
      declared: { table: "t", set: "n = n + 1", key: "id" },
    },
  ])("goes by a key of $type", async ({ type, key, declared }) => {
    const { context, sql } = await project({ rows: 12_345, type, key, ...(declared ? { declared } : {}) });
    await up(context, {});
    await runNextBackfill(context);
    expect(await changes(sql)).toEqual({ 1: 12_345 });
  });

  it("goes over all rows of a key that several rows share, and of partitions", async () => {
    const create = `create table t (id int not null, n int not null default 0) partition by hash (id);
      create table t0 partition of t for values with (modulus 2, remainder 0);
      create table t1 partition of t for values with (modulus 2, remainder 1);
      create index on t (id)`;
    const declared = { table: "t", set: "n = n + 1", key: "id", batch: 7 };
    const { context, sql } = await project({ create, key: "n / 50", declared, rows: 12_000 });
    await up(context, {});
    await runNextBackfill(context);
    expect(await changes(sql)).toEqual({ 1: 12_000 });
  });

  it("changes only the rows that it names", async () => {
    const declared = { table: "t", set: "n = n + 1", where: "id % 2 = 0 or id = 1 -- both" };
    const { context, sql } = await project({ declared, sql: "UPDATE t SET n = n + 1 WHERE (id % 2 = 0 OR id = 1)" });
    await up(context, {});
    await runNextBackfill(context);
    expect(await changes(sql)).toEqual({ 0: 9999, 1: 10_001 });
  });

  it("changes each row once, although its process is killed at random", { timeout: 120_000 }, async () => {
    const slow = "n = n + 1 + case when id % 10 = 0 then length(pg_sleep(0.0002)::text) else 0 end";
    const declared = { table: "t", set: slow, batch: 100 };
    const { context, dsn, folder, sql } = await project({ rows: 12_000, declared, sql: `update t set ${slow}` });
    await up(context, {});
    let kills = 0;
    for (;;) {
      const child = fork(path.join(import.meta.dirname, "backfill-runner.ts"), [dsn, folder], { stdio: "ignore" });
      const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
      const killed = kills < 8 ? setTimeout(() => child.kill("SIGKILL"), 300 + Math.random() * 300) : undefined;
      const code = await ended;
      clearTimeout(killed);
      if (code === 0) break;
      kills++;
      // A killed client's session works on until it notices.
      await until(
        async () =>
          (
            await sql(
              "select from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
            )
          ).length === 0,
      );
      const [state] = await listBackfills(context);
      const [seen] = await sql<{ count: string }>("select count(*) from t where n = 1");
      expect(state ? state.changed : 12_000).toBe(Number(seen?.count));
    }
    expect(kills).toBeGreaterThan(3);
    expect(await changes(sql)).toEqual({ 1: 12_000 });
  });

  it("goes on after a batch that did not get its lock, and gives way to whoever holds it", async () => {
    const { context, dsn, sql } = await project();
    await up(context, {});
    const other = await openClient(dsn);
    await other.query("begin; update t set n = n where id = 15000");
    const run = runNextBackfill(context);
    await until(async () => ((await listBackfills(context))[0]?.scanned ?? 0) > 5000);
    await new Promise((resolve) => setTimeout(resolve, 700));
    await other.query("commit");
    await run;
    expect(await changes(sql)).toEqual({ 1: 20_000 });
  });

  it("waits while it is paused, and goes on", async () => {
    const { context, sql } = await project();
    await up(context, {});
    expect(await setPaused(context, true)).toMatchObject({ migration: fill });
    const run = runNextBackfill(context);
    await until(async () =>
      context.events.some((event) => event.type === "backfill" && event.waiting?.includes("paused")),
    );
    expect(await changes(sql)).toEqual({ 0: 20_000 });
    await setPaused(context, false, "_b");
    await run;
    expect(await changes(sql)).toEqual({ 1: 20_000 });
  });

  it("is one run's at a time", async () => {
    const { context, sql } = await project();
    await up(context, {});
    await setPaused(context, true);
    const run = runNextBackfill(context);
    await until(async () => context.events.some((event) => event.type === "backfill"));
    await expect(runNextBackfill(context)).rejects.toMatchObject({ code: "locked" });
    await setPaused(context, false);
    await run;
    expect(await changes(sql)).toEqual({ 1: 20_000 });
  });

  it("stops when it is interrupted, and goes on from there", async () => {
    const { context, dsn, folder, sql } = await project();
    await up(context, {});
    await interruptAfterOne(dsn, folder);
    const { 1: done = 0 } = await changes(sql);
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(20_000);
    await runNextBackfill(context);
    expect(await changes(sql)).toEqual({ 1: 20_000 });
  });

  it("is left alone by a run that another one has taken over from", async () => {
    const { context, sql } = await project();
    await up(context, {});
    await setPaused(context, true);
    const run = runNextBackfill(context);
    await until(async () => context.events.some((event) => event.type === "backfill"));
    await sql("update mikro_orm_migrations_backfill set run_id = 'another', paused_at = null");
    await expect(run).rejects.toMatchObject({ code: "refused", message: expect.stringContaining("took the backfill") });
    expect(await changes(sql)).toEqual({ 0: 20_000 });
  });

  it("is not run again by a run that was late", async () => {
    const { context, dsn, folder, sql } = await project();
    await up(contextOf(dsn, folder, { backfills: "wait" }), {});
    const migration = await (await openHistory(folder)).load(fill);
    await withConnection(context, async (connection) => {
      expect(await runBackfill({ ...context, connection }, migration)).toEqual({ busyMs: 0 });
    });
    expect(await listBackfills(context)).toEqual([]);
    expect(await changes(sql)).toEqual({ 1: 20_000 });
  });

  it("of a small table waits for whoever changes its rows", async () => {
    const { context, dsn, sql } = await project({ rows: 50 });
    const other = await openClient(dsn);
    await other.query("select pg_advisory_lock(hashtextextended($1, 0))", [backfillLock(context.ledger)]);
    expect((await up(context, {})).steps.map(({ result }) => result)).toEqual(["applied", "held", "held"]);
    expect(await changes(sql)).toEqual({ 0: 50 });
    await other.end();
    await until(async () => (await up(context, {})).steps.length === 2);
    expect(await changes(sql)).toEqual({ 1: 50 });
  });
});
