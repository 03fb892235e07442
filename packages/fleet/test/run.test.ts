import { describe, expect, it } from "vitest";
import type { TargetRow } from "../src/index.ts";
import { databases, fleetOf, folderOf, items, note, sqlFile, until, withWorker } from "./support.ts";

const history = { "1_items.sql": items, "2_note.sql": note };
const broken = { ...history, "3_broken.sql": sqlFile("select 1 / 0;") };

describe("a run", () => {
  it("brings every target to the head, in waves, and knows who is where", async () => {
    const rows = await databases(12);
    const labelled = rows.map((row) => ({ ...row, region: "eu" }));
    const fleet = await fleetOf(labelled, await folderOf(history));
    const summary = await fleet.run({ waves: "canary,25%,100%" });
    expect(summary).toMatchObject({ state: "done", counts: { applied: 12 }, behind: 0, exitCode: 0, failed: [] });
    expect(summary.waves.map(({ name, size, state }) => [name, size, state])).toEqual([
      ["canary", 1, "passed"],
      ["25%", 2, "passed"],
      ["100%", 9, "passed"],
    ]);
    for (const { sql } of rows)
      expect(await sql("select name from mikro_orm_migrations order by id")).toEqual([
        { name: "1_items" },
        { name: "2_note" },
      ]);
    const targets = await fleet.targets();
    expect(targets[0]?.labels).toEqual({ region: "eu" });
    expect(
      targets.every((one) => one.head_before === null && one.head_after === "2_note" && one.steps === 2 && one.at_head),
    ).toBe(true);
    expect(await fleet.run()).toMatchObject({ state: "done", counts: { current: 12 }, exitCode: 0 });
    await fleet.close();
  });

  it("touches nothing but the canary where that fails", async () => {
    const rows = await databases(8);
    const fleet = await fleetOf(
      [...rows.slice(0, 3), { ...rows[3], wave: "canary" }, ...rows.slice(4)],
      await folderOf(broken),
    );
    const summary = await fleet.run();
    expect(summary).toMatchObject({ state: "failed", counts: { failed: 1, cancelled: 7 }, exitCode: 5 });
    expect(summary.note).toBe("1 of 1 targets of the wave canary failed");
    expect(summary.failed).toMatchObject([{ id: "tenant_4", error: { sqlState: "22012", migration: "3_broken" } }]);
    const touched = await Promise.all(
      rows.map(async ({ sql }) => (await sql("select from pg_tables where schemaname = 'public'")).length > 0),
    );
    expect(touched).toEqual(rows.map((_, index) => index === 3));
    await fleet.close();
  });

  it("ends where more of a wave fail than may, and lets what runs be finished", async () => {
    const rows = await databases(10);
    for (const { sql } of rows.slice(0, 4)) await sql("create table items ()");
    const fleet = await fleetOf(rows, await folderOf(history), { limits: { default: 1 } });
    const summary = await fleet.run({ waves: "100%", maxFailed: "2" });
    expect(summary).toMatchObject({ state: "failed", counts: { failed: 3 }, exitCode: 5 });
    expect((summary.counts.applied ?? 0) + (summary.counts.cancelled ?? 0)).toBe(7);
    await fleet.close();
  });

  it("has no more targets at work than it may have in all", async () => {
    const slow = sqlFile("select pg_sleep(0.2);");
    const fleet = await fleetOf(await databases(5), await folderOf({ "1_slow.sql": slow }));
    const run = await fleet.up({ waves: "100%", maxActive: 2 });
    const seen = new Set<number>();
    await withWorker(fleet, async () => {
      await until(async () => {
        const { counts, state } = await fleet.status(run);
        seen.add(counts.running ?? 0);
        return state === "done";
      });
    });
    expect(Math.max(...seen)).toBe(2);
    await fleet.close();
  });

  it("is through with failures that are allowed, and tries them again when it is asked to", async () => {
    const rows = await databases(4);
    await rows[2]?.sql("create table items ()");
    const fleet = await fleetOf(rows, await folderOf(history));
    const summary = await fleet.run({ waves: "100%", maxFailed: "25%" });
    expect(summary).toMatchObject({ state: "done", counts: { applied: 3, failed: 1 }, exitCode: 5 });
    await rows[2]?.sql("drop table items");
    const again = await withWorker(fleet, async () => await fleet.settled(await fleet.retry()));
    expect(again).toMatchObject({ run: summary.run, state: "done", counts: { applied: 4 }, exitCode: 0 });
    await expect(fleet.retry()).rejects.toThrow(/no target that failed/);
    await fleet.close();
  });

  it("says of each target what is in the way: refused, ahead, unreachable, gone", async () => {
    const rows = await databases(4);
    const [changed, ahead, fine, gone] = rows;
    const folder = await folderOf(history);
    const first = await fleetOf(
      [changed, ahead].flatMap((one) => one ?? []),
      folder,
    );
    await first.run();
    await first.close();
    await changed?.sql("update mikro_orm_migrations set checksum = 'another'");
    await ahead?.sql("insert into mikro_orm_migrations (name, checksum) values ('9_newer', 'x')");
    const away = { id: "away", dsn: "postgresql://postgres@127.0.0.1:1/x" };
    const list = [
      ...[changed, ahead, fine].flatMap((one) => one ?? []),
      { id: "gone", dsn: `${gone?.dsn ?? ""}_not` },
      away,
    ];
    const fleet = await fleetOf(list, folder);
    const newer = await fleetOf(list.slice(1, 2), folder);
    expect(await newer.run()).toMatchObject({ counts: { refused: 1 }, exitCode: 7 });
    await newer.close();
    expect((await fleet.check()).faults.map(({ target }) => target).toSorted()).toEqual(["away", "gone", "tenant_1"]);
    const run = await fleet.up({ waves: "100%", maxFailed: "100%" });
    await withWorker(fleet, async () => {
      await until(
        async () =>
          (await fleet.targets(run)).filter(({ state }) => !["queued", "running"].includes(state)).length === 4,
      );
      // The server that does not answer is asked again and again.
      await until(async () => (await fleet.targets(run)).find(({ id }) => id === "away")?.failures === 1);
      await fleet.stop(run);
      await fleet.settled(run);
    });
    const states = Object.fromEntries(
      (await fleet.targets(run)).map(({ id, state, error }) => [id, [state, error?.code]]),
    );
    expect(states).toEqual({
      tenant_1: ["refused", "refused"],
      tenant_2: ["refused", "ahead"],
      tenant_3: ["applied", undefined],
      gone: ["gone", "connection"],
      away: ["waiting", "connection"],
    });
    await fleet.close();
  });

  it("does not take a target that another run has, which it names", async () => {
    const rows = await databases(3);
    const fleet = await fleetOf(rows, await folderOf(history));
    const run = await fleet.up();
    await expect(fleet.up()).rejects.toMatchObject({ code: "locked", message: expect.stringContaining(`run ${run}`) });
    await expect(fleet.down(run)).rejects.toMatchObject({ code: "locked" });
    await expect(fleet.retry(run)).rejects.toMatchObject({ code: "locked" });
    await fleet.stop(run);
    expect(await fleet.run()).toMatchObject({ state: "done", counts: { applied: 3 } });
    await expect(fleet.resume(run)).resolves.toBe(run);
    expect(await withWorker(fleet, async () => await fleet.settled(run))).toMatchObject({ counts: { current: 3 } });
    await fleet.close();
  });

  it("finds tenants that are new in the list before it is over", async () => {
    const rows = await databases(3);
    let list: readonly TargetRow[] = rows.slice(0, 2);
    const fleet = await fleetOf(() => list, await folderOf(history));
    const run = await fleet.up({ waves: "100%" });
    list = rows;
    const summary = await withWorker(fleet, async () => await fleet.settled(run));
    expect(summary).toMatchObject({
      state: "done",
      counts: { applied: 3 },
      waves: [{ name: "100%" }, { name: "new" }],
    });
    await fleet.close();
  });

  it("asks every ledger again, and goes back to those that are not at the head after all", async () => {
    const rows = await databases(3);
    const fleet = await fleetOf(rows, await folderOf(history));
    const run = await fleet.up({ waves: "canary,100%", bakeSeconds: 2 });
    const summary = await withWorker(fleet, async () => {
      const canary = await until(async () => (await fleet.targets(run)).find(({ state }) => state === "applied"));
      // Restored from a backup of before, as it were.
      const row = rows.find(({ id }) => id === canary.id);
      await row?.sql("drop table items; truncate mikro_orm_migrations");
      return await fleet.settled(run);
    });
    expect(summary).toMatchObject({ state: "done", counts: { applied: 3 }, behind: 0, exitCode: 0 });
    expect(summary.waves.map(({ name, size }) => [name, size])).toEqual([
      ["canary", 1],
      ["100%", 2],
      ["again", 1],
    ]);
    await fleet.close();
  });

  it("lets a wave bake before the next one begins", async () => {
    const rows = await databases(3);
    const fleet = await fleetOf(rows, await folderOf(history));
    const run = await fleet.up({ waves: "canary,100%", bakeSeconds: 4 });
    await withWorker(fleet, async () => {
      await until(async () => (await fleet.status(run)).waves[0]?.state === "baking");
      expect(await fleet.status(run)).toMatchObject({ counts: { applied: 1, waiting: 2 } });
      expect(await fleet.settled(run)).toMatchObject({ state: "done", counts: { applied: 3 } });
    });
    const [first, second] = (await fleet.targets(run)).map(
      (one) => one as unknown as { started_at: Date; finished_at: Date },
    );
    expect(Number(second?.started_at) - Number(first?.finished_at)).toBeGreaterThan(3900);
    await fleet.close();
  });
});

describe("stop", () => {
  const slow = sqlFile("create table items (id int); select pg_sleep(2);", "drop table items;");
  const histories = { "1_slow.sql": slow, "2_next.sql": sqlFile("create table next ();", "drop table next;") };

  it("ends after the migrations under way, and resume goes on from there", async () => {
    const rows = await databases(4);
    const fleet = await fleetOf(rows, await folderOf(histories), { limits: { default: 2 } });
    await withWorker(fleet, async () => {
      const run = await fleet.up({ waves: "100%" });
      await until(async () => (await fleet.status(run)).counts.running === 2);
      await fleet.stop(run);
      expect(await fleet.settled(run)).toMatchObject({ state: "stopped", counts: { waiting: 4 }, exitCode: 6 });
      const heads = (await fleet.targets(run)).map(({ head_after }) => head_after);
      expect(heads.filter((head) => head === "1_slow")).toHaveLength(2);
      expect(heads.filter((head) => head === null)).toHaveLength(2);
      await fleet.resume(run);
      expect(await fleet.settled(run)).toMatchObject({ state: "done", counts: { applied: 4 }, exitCode: 0 });
    });
    await fleet.close();
  });

  it("cancels the statements under way with now, which are rolled back", async () => {
    const rows = await databases(2);
    const minute = sqlFile("create table items (id int); select pg_sleep(60);");
    const fleet = await fleetOf(rows, await folderOf({ "1_minute.sql": minute }));
    await withWorker(fleet, async () => {
      const run = await fleet.up({ waves: "100%" });
      await until(async () => (await fleet.status(run)).counts.running === 2);
      await fleet.stop(run, { now: true });
      expect(await fleet.settled(run)).toMatchObject({ state: "stopped", counts: { waiting: 2 } });
    });
    for (const { sql } of rows) expect(await sql("select to_regclass('items') as found")).toEqual([{ found: null }]);
    await fleet.close();
  });
});

it("keeps no password: in no row of the control database", async () => {
  const [row] = await databases(1);
  const secret = "a-secret-of-this-test";
  const role = `fleet_${new URL(row?.dsn ?? "").pathname.slice(-8)}`;
  await row?.sql(`create role ${role} superuser login password '${secret}'`);
  const address = new URL(row?.dsn ?? "");
  address.username = role;
  let asked = 0;
  const password = () => {
    asked++;
    return secret;
  };
  const fleet = await fleetOf([{ id: "one", dsn: address.href }], await folderOf(broken), { password });
  await fleet.run({ waves: "100%" });
  expect(asked).toBeGreaterThan(1);
  const tables = await fleet.sql<{ name: string }>(
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('fleet', 'pgboss')",
  );
  const texts: string[] = [];
  for (const { name } of tables) texts.push(JSON.stringify(await fleet.sql(`select * from ${name}`)));
  expect(texts.join()).toContain(role);
  expect(texts.join()).not.toContain(secret);
  await fleet.close();
});
