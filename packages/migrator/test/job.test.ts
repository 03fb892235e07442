import { describe, expect, it } from "vitest";
import { up } from "../src/commands/up-and-down.ts";
import { isEarlierAttempt, type Job } from "../src/execute/job.ts";
import { type ContextOptions, createContext } from "../src/execute/context.ts";
import { emptyDatabase, folderOf, ledgerOf, until } from "./support.ts";

const history = {
  Migration1_slow: {
    up: [
      "create table slow ()",
      "select pg_sleep(case when current_setting('application_name') like '%#3 %' then 0 else 60 end)",
    ],
    down: ["drop table slow"],
  },
};

/** A database where a run takes a minute, but a third attempt no time. */
async function slowOnce() {
  const database = await emptyDatabase();
  const folder = await folderOf(history);
  const run = async (job: Job | undefined, more: Partial<ContextOptions> = {}) =>
    await up(createContext({ dsn: database.dsn, migrations: folder, toolVersion: "1.2.3", job, ...more }));
  const runners = async () =>
    await database.sql(
      "select application_name as name from pg_stat_activity where query ~ 'pg_sleep' and pid <> pg_backend_pid() and datname = current_database()",
    );
  return { ...database, run, runners };
}

describe("an attempt of a job", () => {
  it("ends the session of an earlier attempt that still holds the lock, and does its work", async () => {
    const { sql, run, runners } = await slowOnce();
    const first = run({ id: "7.42", attempt: 1 });
    await until(async () => (await runners()).length === 1);
    expect(await runners()).toEqual([{ name: "migrator/1.2.3 job=7.42#1 Migration1_slow" }]);
    const started = Date.now();
    const third = run({ id: "7.42", attempt: 3 }, { lockWaitMs: 30_000 });
    expect(await first).toMatchObject({ outcome: "failed", steps: [{ result: "failed" }] });
    expect(await third).toMatchObject({ outcome: "applied" });
    expect(Date.now() - started).toBeLessThan(20_000);
    expect(await ledgerOf(sql)).toEqual(["Migration1_slow"]);
  });

  it.each([
    ["an earlier attempt", { id: "7.42", attempt: 1 }],
    ["another job", { id: "7.4", attempt: 3 }],
    ["a run of no job", undefined],
  ])("leaves the session of the lock's holder alone from %s", async (_, job) => {
    const { run, runners, sql } = await slowOnce();
    const first = run({ id: "7.42", attempt: 2 });
    first.catch(() => {});
    await until(async () => (await runners()).length === 1);
    await expect(run(job, { lockWaitMs: 500 })).rejects.toMatchObject({ code: "locked" });
    expect(await runners()).toHaveLength(1);
    await sql(
      "select pg_terminate_backend(pid) from pg_stat_activity where query ~ 'pg_sleep' and pid <> pg_backend_pid()",
    );
    expect(await first).toMatchObject({ outcome: "failed" });
  });

  it("is known by its whole name", () => {
    const name = "migrator/1.2.3 job=12#3 Migration1_a";
    expect(isEarlierAttempt(name, { id: "12", attempt: 4 })).toBe(true);
    for (const job of [
      { id: "12", attempt: 3 },
      { id: "1", attempt: 9 },
      { id: "2", attempt: 9 },
    ])
      expect(isEarlierAttempt(name, job)).toBe(false);
    expect(isEarlierAttempt("migrator/1.2.3 Migration1_job=12#1", { id: "12", attempt: 4 })).toBe(false);
  });
});

describe("a run that is asked to stop", () => {
  it("finishes the migration under way and begins no other", async () => {
    const { dsn, sql } = await emptyDatabase();
    const stop = new AbortController();
    const folder = await folderOf({
      Migration1_a: { up: ["create table a ()"], down: ["drop table a"] },
      Migration2_b: { up: ["create table b ()"], down: ["drop table b"] },
    });
    const context = (onEvent: ContextOptions["onEvent"]) =>
      createContext({ dsn, migrations: folder, stop: stop.signal, onEvent });
    const report = await up(context(({ type }) => type === "started" && stop.abort()));
    expect(report).toMatchObject({ outcome: "applied", steps: [{ result: "applied" }, { result: "notRun" }] });
    expect(await ledgerOf(sql)).toEqual(["Migration1_a"]);
    expect(await up(context(() => {}))).toMatchObject({ outcome: "nothing", steps: [{ result: "notRun" }] });
  });
});
