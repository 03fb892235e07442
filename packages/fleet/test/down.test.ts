import { createMigrator } from "@thedata/migrator";
import { describe, expect, inject, it } from "vitest";
import { besides, databases, fleetOf, folderOf, items, note, passwordOf, until, withWorker } from "./support.ts";

const history = { "1_items.sql": items, "2_note.sql": note };

describe("down", () => {
  it("brings every target of a run back to its own former head, waves reversed", async () => {
    const rows = await databases(4);
    const folder = await folderOf({ "1_items.sql": items });
    const first = await fleetOf(rows.slice(0, 2), folder);
    await first.run();
    await first.close();
    const fleet = await fleetOf(rows, await folderOf(history));
    const { run } = await fleet.run({ waves: "canary,100%" });
    const reverted = await withWorker(fleet, async () => await fleet.settled(await fleet.down(run)));
    expect(reverted).toMatchObject({
      direction: "down",
      reverts: run,
      state: "done",
      counts: { applied: 4 },
      exitCode: 0,
    });
    expect(reverted.waves.map(({ name }) => name)).toEqual(["100%", "canary"]);
    const heads = await Promise.all(
      rows.map(async ({ sql }) => (await sql("select name from mikro_orm_migrations")).map(({ name }) => name)),
    );
    expect(heads).toEqual([["1_items"], ["1_items"], [], []]);
    await fleet.close();
  });

  it("is through with what was reverted by hand, and refuses what is not even where it was before", async () => {
    const rows = await databases(3);
    const first = await fleetOf(rows.slice(1), await folderOf({ "1_items.sql": items }));
    await first.run();
    await first.close();
    const migrations = await folderOf(history);
    const fleet = await fleetOf(rows, migrations);
    const { run } = await fleet.run();
    const [fresh, old, lost] = rows.map(({ dsn }) => ({
      connectionString: dsn,
      password: () => passwordOf(inject("postgresDsn")),
    }));
    const migratorOf = (connection = old) => createMigrator({ connection: connection ?? "", migrations });
    await migratorOf(fresh).down({ all: true });
    await migratorOf(old).down();
    await migratorOf(lost).down({ all: true });
    const reverted = await withWorker(fleet, async () => await fleet.settled(await fleet.down(run)));
    expect(reverted).toMatchObject({ counts: { current: 2, refused: 1 }, failed: [{ id: "tenant_3" }], exitCode: 5 });
    expect(reverted.failed[0]?.error?.message).toContain("has moved on since");
    await fleet.close();
  });

  it("has nothing to do with a target that the run was refused by", async () => {
    const rows = await databases(2);
    const first = await fleetOf(rows, await folderOf({ "1_items.sql": items }));
    await first.run();
    await first.close();
    await rows[0]?.sql("update mikro_orm_migrations set checksum = 'another'");
    const fleet = await fleetOf(rows, await folderOf(history));
    const { run, counts } = await fleet.run({ waves: "100%", maxFailed: "1" });
    expect(counts).toEqual({ applied: 1, refused: 1 });
    const reverted = await withWorker(fleet, async () => await fleet.settled(await fleet.down(run)));
    expect(reverted).toMatchObject({ state: "done", counts: { applied: 1, current: 1 }, failed: [] });
    await fleet.close();
  });

  it("ends a run for good: it is neither gone on with, nor tried again, nor reverted again", async () => {
    const rows = await databases(2);
    const fleet = await fleetOf(rows, await folderOf(history));
    await withWorker(fleet, async () => {
      const run = await fleet.up({ waves: "canary,100%", bakeSeconds: 600 });
      await until(async () => (await fleet.status(run)).waves[0]?.state === "baking");
      await fleet.stop(run);
      await expect(fleet.retry(run)).rejects.toThrow(/no target that failed/);
      const down = await fleet.down(run);
      expect(await fleet.settled(down)).toMatchObject({ state: "done", total: 1, counts: { applied: 1 } });
      const later = `was reverted by run ${down}`;
      await expect(fleet.resume(run)).rejects.toMatchObject({
        code: "refused",
        message: expect.stringContaining(later),
      });
      await expect(fleet.retry(run)).rejects.toMatchObject({
        code: "refused",
        message: expect.stringContaining(later),
      });
      await expect(fleet.down(down)).rejects.toThrow(/reverts another one/);
    });
    await fleet.close();
  });

  it("leaves a target alone that has moved on since, and reverts the others", async () => {
    const rows = await databases(2);
    // The one that has moved on is reverted first, in a wave of its own.
    const list = [{ ...rows[0] }, { ...rows[1], wave: "canary" }];
    const first = await fleetOf(list, await folderOf({ "1_items.sql": items }));
    const { run } = await first.run();
    const newer = besides(first.control, rows.slice(0, 1), await folderOf(history));
    const all = besides(first.control, rows, await folderOf(history));
    await withWorker(newer, async () => await first.settled(await newer.up()));
    // A build that knows the files of all that it would revert.
    const reverted = await withWorker(all, async () => await first.settled(await all.down(run)));
    expect(reverted).toMatchObject({ counts: { refused: 1, applied: 1 }, exitCode: 5 });
    expect(reverted.failed[0]?.error?.message).toContain("has moved on since");
    const there = await Promise.all(
      rows.map(async ({ sql }) => await sql("select to_regclass('items') is not null as there")),
    );
    expect(there).toEqual([[{ there: true }], [{ there: false }]]);
    for (const fleet of [newer, all, first]) await fleet.close();
  });
});
