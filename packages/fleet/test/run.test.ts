import { describe, expect, it } from "vitest";
import { databases, fleetOf, folderOf, items, note, sqlFile, withWorker } from "./support.ts";

describe("a run", () => {
  it("brings every target to the head, in waves, and knows who is where", async () => {
    const rows = await databases(12);
    const fleet = await fleetOf(rows, await folderOf({ "1_items.sql": items, "2_note.sql": note }));
    const summary = await fleet.run({ waves: "canary,25%,100%" });
    expect(summary).toMatchObject({
      state: "done",
      total: 12,
      counts: { applied: 12 },
      behind: 0,
      exitCode: 0,
      failed: [],
    });
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
    expect(targets.every((one) => one.head_before === null && one.head_after === "2_note" && one.steps === 2)).toBe(
      true,
    );
    expect(await fleet.run()).toMatchObject({ state: "done", counts: { current: 12 }, exitCode: 0 });
    await fleet.close();
  });
});
