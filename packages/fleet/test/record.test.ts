import { randomUUID } from "node:crypto";
import { readHistory } from "@thedata/migrator";
import { afterEach, describe, expect, inject, it } from "vitest";
import type { PgBoss } from "pg-boss";
import { type Control, openControl } from "../src/control/database.ts";
import { startBoss } from "../src/control/queue.ts";
import { advance } from "../src/run/advance.ts";
import { checkRun } from "../src/run/check.ts";
import { sweep } from "../src/run/sweep.ts";
import { beginAttempt, recordAttempt, recordHead, type TakenJob } from "../src/work/record.ts";
import { databases, fleetOf, folderOf, items, passwordOf, type TestFleet, withWorker } from "./support.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

interface Begun {
  readonly fleet: TestFleet;
  readonly control: Control;
  readonly boss: PgBoss;
  readonly run: number;
  readonly migrations: string;
  take(no?: number): Promise<TakenJob>;
  begin(no?: number): ReturnType<typeof beginAttempt>;
  target(): Promise<Record<string, unknown>>;
}

/** A run of one target or more that nobody works on. */
async function begunRun(count = 1, maxFailed = "100%"): Promise<Begun> {
  const migrations = await folderOf({ "1_items.sql": items });
  const fleet = await fleetOf(await databases(count), migrations);
  open.push(async () => await fleet.close());
  const run = await fleet.up({ waves: "100%", maxFailed });
  const control = openControl(fleet.control, "test");
  open.push(async () => await control.close());
  const boss = await startBoss(control, {});
  open.push(async () => await boss.stop({ graceful: false }));
  const target = async () => (await fleet.sql("select * from fleet.target where no = 1"))[0] ?? {};
  // As a worker takes a job, or another one that of a dead worker.
  const take = async (no = 1) => {
    const [taken] = await fleet.sql<{ id: string; retry_count: number }>(
      `update pgboss.job set state = 'active', retry_count = retry_count + 1, started_on = now(), heartbeat_on = now()
        where id = (select job_id from fleet.target where no = $1) returning id, retry_count`,
      [no],
    );
    return { run, no, jobId: taken?.id ?? randomUUID(), retryCount: taken?.retry_count ?? 0, worker: "test" };
  };
  const begin = async (no?: number) => await beginAttempt(control, await take(no));
  return { fleet, control, boss, run, migrations, take, begin, target };
}

const applied = { state: "applied", error: null, steps: 1, head: "1_items" } as const;

describe("an attempt", () => {
  it("that a newer one has taken the place of records nothing", async () => {
    const { control, boss, begin, target } = await begunRun();
    const [first, second] = [await begin(), await begin()];
    if (!first || !second) throw new Error("not begun");
    expect([first.target.attempt, second.target.attempt]).toEqual([1, 2]);
    expect(await recordAttempt(control, boss, first, applied, 5)).toBe(undefined);
    expect(await recordHead(control, first.target, "0_wrong")).toBe(false);
    expect(await target()).toMatchObject({ state: "running", attempt: 2, head_before: null, head_after: null });
    expect(await recordHead(control, second.target, "0_before")).toBe(true);
    expect(await recordAttempt(control, boss, second, applied, 5)).toMatchObject({ state: "applied", attempt: 2 });
    expect(await begin()).toBe(undefined);
  });

  it("is not begun by a worker whose job has gone to another meanwhile", async () => {
    const { control, take, target } = await begunRun();
    const [first, second] = [await take(), await take()];
    expect(await beginAttempt(control, first)).toBe(undefined);
    expect(await target()).toMatchObject({ state: "queued", attempt: 0 });
    expect(await beginAttempt(control, second)).toMatchObject({ target: { attempt: 1 } });
  });

  it("that is to be made again gets another job, later, and the old one is gone", async () => {
    const { control, boss, begin, target, fleet } = await begunRun();
    const begun = await begin();
    if (!begun) throw new Error("not begun");
    const error = { code: "connection", message: "away" };
    await recordAttempt(control, boss, begun, { state: "queued", error, steps: 0, head: undefined }, 5);
    const { job_id: job } = await target();
    expect(await target()).toMatchObject({ state: "queued", failures: 1, error });
    expect(job).not.toBe(begun.target.job_id);
    const jobs = await fleet.sql(
      "select id, start_after > now() + interval '3 seconds' as later from pgboss.job where name ~ '^fleet'",
    );
    expect(jobs).toEqual([{ id: job, later: true }]);
  });

  it("is given up after five failures, and after 25 dead workers", async () => {
    const { control, boss, begin, target, fleet } = await begunRun(2);
    for (let failure = 1; failure <= 6; failure++) {
      const begun = await begin();
      if (!begun) throw new Error("not begun");
      await recordAttempt(
        control,
        boss,
        begun,
        { state: "queued", error: { code: "x", message: "away" }, steps: 0, head: undefined },
        5,
      );
    }
    expect(await target()).toMatchObject({ state: "failed", failures: 6 });
    for (let attempt = 1; attempt <= 27; attempt++) await begin(2);
    expect((await fleet.targets())[1]).toMatchObject({ state: "failed", error: { code: "poison" } });
    await fleet.stop();
    await fleet.retry();
    const again = { state: "queued", failures: 0, lost: 0, error: null };
    expect(await fleet.targets()).toMatchObject([again, again]);
  });

  it("that is to be made later does not keep a run from its end where too many failed", async () => {
    const { control, boss, begin, fleet, run } = await begunRun(2, "0");
    const [later, failing] = [await begin(1), await begin(2)];
    if (!later || !failing) throw new Error("not begun");
    const error = { code: "connection", message: "away" };
    await recordAttempt(control, boss, later, { state: "queued", error, steps: 0, head: undefined }, 5);
    await recordAttempt(control, boss, failing, { state: "failed", error, steps: 0, head: undefined }, 5);
    expect(await advance(control, boss, run)).toBe("failed");
    expect(await fleet.status(run)).toMatchObject({ counts: { cancelled: 1, failed: 1 }, exitCode: 5 });
    expect(await fleet.sql("select from pgboss.job where name ~ '^fleet' and state < 'active'")).toEqual([]);
  });

  it("of a dead worker is given back where the run stops meanwhile", async () => {
    const { control, boss, begin, target, fleet, run } = await begunRun();
    await begin();
    await fleet.stop(run);
    expect(await fleet.status(run)).toMatchObject({ state: "stopping", counts: { running: 1 } });
    expect(await begin()).toBe(undefined);
    expect(await target()).toMatchObject({ state: "waiting", job_id: null });
    expect(await advance(control, boss, run)).toBe("stopped");
  });
});

describe("a sweep", () => {
  it("gives a target whose job is lost another one", async () => {
    const { control, boss, fleet, run } = await begunRun(2);
    const before = await fleet.targets(run);
    await fleet.sql("delete from pgboss.job where id = $1", [before[0]?.job_id]);
    const { digest } = (await fleet.sql<{ digest: string }>("select digest from fleet.run"))[0] ?? { digest: "" };
    expect(await sweep(control, boss, digest)).toEqual([]);
    const after = await fleet.targets(run);
    expect(after.map(({ job_id: job }) => job)).toEqual([
      expect.not.stringMatching(before[0]?.job_id ?? ""),
      before[1]?.job_id,
    ]);
    expect(await withWorker(fleet, async () => await fleet.settled(run))).toMatchObject({ counts: { applied: 2 } });
  });

  it("of any build ends a run that stops, whose worker is dead", async () => {
    const { control, boss, begin, fleet, run } = await begunRun();
    await begin();
    await fleet.stop(run);
    await sweep(control, boss, "another build");
    expect(await fleet.status(run)).toMatchObject({ state: "stopping", counts: { running: 1 } });
    await fleet.sql("update pgboss.job set heartbeat_on = now() - interval '1 hour' where name ~ '^fleet'");
    await sweep(control, boss, "another build");
    expect(await fleet.status(run)).toMatchObject({ state: "stopped", counts: { waiting: 1 } });
  });

  it("does what a worker did not come to before it died: the last target ended, and nothing followed", async () => {
    const { control, boss, begin, fleet, run } = await begunRun();
    const begun = await begin();
    if (!begun) throw new Error("not begun");
    await recordAttempt(control, boss, begun, applied, 5);
    expect(await fleet.status(run)).toMatchObject({ state: "running", counts: { applied: 1 } });
    // The record says what no ledger does: it is the ledger that is believed.
    expect(await withWorker(fleet, async () => await fleet.settled(run))).toMatchObject({
      state: "done",
      waves: [{ name: "100%" }, { name: "again" }],
      behind: 0,
    });
  });
});

it("one worker asks the ledgers of a run at a time", async () => {
  const { control, boss, begin, fleet, run, migrations } = await begunRun();
  const begun = await begin();
  if (!begun) throw new Error("not begun");
  await recordAttempt(control, boss, begun, applied, 5);
  expect(await advance(control, boss, run)).toBe("checking");
  const whole = await readHistory(migrations);
  let asked = 0;
  const addressOf = ({ address }: { readonly address: string }) => {
    asked++;
    return { connectionString: address, password: () => passwordOf(inject("postgresDsn")) };
  };
  const ask = { histories: { whole, shared: whole, schema: whole }, ledger: undefined, addressOf };
  const request = { control, boss, ask, readList: async () => undefined };
  await Promise.all([checkRun(request, run), checkRun(request, run)]);
  expect(asked).toBe(1);
  expect(await fleet.status(run)).toMatchObject({ waves: [{ name: "100%" }, { name: "again" }] });
});
