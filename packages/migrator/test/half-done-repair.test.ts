import { rm } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { baseline } from "../src/commands/baseline.ts";
import { checkProject } from "../src/commands/check.ts";
import { up } from "../src/commands/up-and-down.ts";
import { readStatus } from "../src/commands/status.ts";
import { rebase } from "../src/commands/rebase.ts";
import { repair } from "../src/commands/repair.ts";
import { waitForHead } from "../src/commands/wait.ts";
import { count, outside, start, undo } from "./half-done-steps.ts";
import { addFiles, ledgerOf } from "./support.ts";

describe("a half-done step", () => {
  it.each([
    ["applied", "current", ["M1", "M2"], 1],
    ["reverted", "behind", ["M1"], 3],
    [1, "half-done", ["M1"], 3],
  ] as const)("is settled by name as %s", async (as, state, ledger, then) => {
    const { context, sql, n, rewrite } = await start({ ...outside, up: [count, "select 1/0", count], down: [undo] });
    await up(context);
    await expect(repair(context, ["M2"])).rejects.toMatchObject({ code: "refused" });
    await expect(repair(context, ["M2"], { as: 3 })).rejects.toMatchObject({ code: "configuration" });
    expect(await repair(context, ["M2"], { as })).toEqual([{ name: "M2", accepted: "half-done" }]);
    expect((await readStatus(context)).state).toBe(state);
    expect(await ledgerOf(sql)).toEqual(ledger);
    await rewrite({ ...outside, up: [count, "select 1", count], down: [undo] });
    if (as === "reverted") await sql("update counts set n = 1");
    const goesOn = as === "applied" ? "refused" : "applied";
    expect((await up(context)).outcome).toBe(goesOn);
    expect(await n()).toBe(as === 1 ? 2 : then);
  });

  it("can be settled when its file is gone, and is not moved by rebase", async () => {
    const { context } = await start({ ...outside, up: [count, "select 1/0"] });
    await up(context);
    await addFiles(context.directory, { M3: { up: ["select 1"] } });
    await expect(rebase(context, "M2")).rejects.toThrow(/M2 is half done/);
    await rm(path.join(context.directory, "M2.ts"));
    expect(await up(context)).toMatchObject({ outcome: "refused", problems: [{ code: "half-done" }] });
    await expect(repair(context, ["M2"], { as: "applied" })).rejects.toThrow(/no file for M2/);
    expect(await repair(context, ["M2"], { as: "reverted" })).toEqual([{ name: "M2", accepted: "half-done" }]);
    expect((await up(context)).outcome).toBe("applied");
  });

  it("keeps wait, baseline and repair of others from taking it for done", async () => {
    const { context } = await start({ ...outside, up: [count, "select 1/0"] });
    await up(context);
    expect((await waitForHead(context, 100, () => {})).state).toBe("half-done");
    await expect(baseline(context, { at: "M2", shadow: { servers: [context.dsn] } })).rejects.toMatchObject({
      code: "refused",
    });
    expect(await checkProject(context, { servers: [context.dsn] })).toMatchObject({
      outcome: "refused",
      problems: [{ code: "half-done", migration: "M2" }],
    });
    await expect(repair(context, ["M1"], { as: "applied" })).rejects.toMatchObject({ code: "configuration" });
  });

  it("can be read by whoever may read the ledger, and is no bug of ours where they may not", async () => {
    const { context, sql } = await start({ up: [count] });
    const role = `reader_${context.runId.replaceAll("-", "")}`;
    await sql(`create role ${role} login password 'reader'; grant select on mikro_orm_migrations to ${role}`);
    const dsn = Object.assign(new URL(context.dsn), { username: role, password: "reader" }).href;
    await expect(readStatus({ ...context, dsn })).rejects.toMatchObject({
      code: "configuration",
      message: expect.stringMatching(/mikro_orm_migrations_progress.*permission denied.*rights/),
    });
    // As with a ledger that a version before this one made.
    await sql("drop table mikro_orm_migrations_progress");
    expect((await up(context)).outcome).toBe("applied");
    expect((await readStatus({ ...context, dsn })).state).toBe("current");
    expect((await waitForHead({ ...context, dsn }, 0, () => {})).state).toBe("current");
    await sql(`drop owned by ${role}; drop role ${role}`);
  });
});

describe("a transaction that a migration outside one writes itself", () => {
  it.each([
    ["over several statements", ["begin", count, count, "commit", "select 1/0"], 4],
    ["in one string", [`begin; ${count}; ${count}; commit`, "select 1/0"], 1],
  ])("is one unit %s, and is done once", async (_, statements, done) => {
    const { context, n, rewrite } = await start({ ...outside, up: statements });
    expect((await up(context)).outcome).toBe("failed");
    expect((await readStatus(context)).halfDone).toMatchObject({ done });
    await rewrite({ ...outside, up: [...statements.slice(0, -1), "select 1"] });
    expect((await up(context)).outcome).toBe("applied");
    expect(await n()).toBe(2);
  });

  it.each([
    ["a statement that can stand in no transaction", "create index concurrently counts_n on counts (n)", "25001"],
    ["a block that commits", "do $$ begin insert into counts values (1); commit; end $$", "2D000"],
  ])("fails, and is not left out, with %s in it", async (_, statement, sqlState) => {
    const { context, sql } = await start({ ...outside, up: [count, "begin", statement, "commit", count] });
    expect(await up(context)).toMatchObject({ outcome: "failed", error: { number: 3, sqlState } });
    expect((await readStatus(context)).halfDone).toMatchObject({ done: 1 });
    expect(await sql("select n from counts")).toEqual([{ n: 1 }]);
  });

  it("is settled as a whole by repair", async () => {
    const { context } = await start({ ...outside, up: [count, "begin", count, "select 1/0", "commit"] });
    await up(context);
    await expect(repair(context, ["M2"], { as: 3 })).rejects.toThrow(/transaction of its own.*--as 1/);
    expect((await readStatus(context)).halfDone).toMatchObject({ done: 1 });
    await repair(context, ["M2"], { as: 1 });
  });

  it("is refused where it is not closed", async () => {
    const { context, n } = await start({ ...outside, up: ["begin", count] });
    expect((await up(context)).error).toMatchObject({ code: "broken-migration" });
    expect(await n()).toBe(0);
  });
});
