import { describe, expect, it } from "vitest";
import { emptyDatabase, fleetOf, folderOf, sqlFile, withoutPassword, withWorker } from "./support.ts";

describe("tenants with a schema each", () => {
  const shared = sqlFile("create table countries (code text primary key);", "drop table countries;", "-- @shared\n");
  const own = sqlFile("create table items (country text references countries);", "drop table items;");
  const files = { "1_countries.sql": shared, "2_items.sql": own };

  it("get what they share once for each database, first", async () => {
    const [one, two] = [await emptyDatabase(), await emptyDatabase()];
    const names = Array.from({ length: 6 }, (_, index) => `t${index}`);
    for (const { sql } of [one, two]) await sql(names.map((name) => `create schema ${name}`).join("; "));
    const rows = [one, two].flatMap(({ dsn }, at) =>
      names.map((schema) => ({ id: `${at}/${schema}`, dsn: withoutPassword(dsn), schema })),
    );
    const fleet = await fleetOf(rows, await folderOf(files));
    const summary = await fleet.run({ waves: "canary,100%" });
    expect(summary).toMatchObject({ state: "done", counts: { applied: 14 }, exitCode: 0 });
    expect(summary.waves.map(({ name, size }) => [name, size])).toEqual([
      ["shared", 2],
      ["canary", 1],
      ["100%", 11],
    ]);
    for (const { sql } of [one, two])
      expect(await sql("select count(*)::int as n from pg_tables where tablename = 'items'")).toEqual([{ n: 6 }]);
    const reverted = await withWorker(fleet, async () => await fleet.settled(await fleet.down(summary.run)));
    expect(reverted).toMatchObject({ state: "done", counts: { applied: 14 } });
    expect(reverted.waves.map(({ name }) => name)).toEqual(["100%", "canary", "shared"]);
    expect(await one.sql("select from pg_tables where tablename in ('items', 'countries')")).toEqual([]);
    await fleet.close();
  });

  it("are told apart from those that are gone", async () => {
    const { dsn, sql } = await emptyDatabase();
    await sql("create schema here");
    const rows = ["here", "gone"].map((schema) => ({ dsn: withoutPassword(dsn), schema }));
    const fleet = await fleetOf(rows, await folderOf(files));
    expect((await fleet.check()).faults).toMatchObject([{ target: expect.stringMatching(/\/gone$/) }]);
    expect(await fleet.run({ waves: "100%", maxFailed: "1" })).toMatchObject({
      counts: { applied: 2, gone: 1 },
      exitCode: 5,
    });
    await fleet.close();
  });
});
