import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { first, folderOf, migration, project, run, runJson, second, temporaryFolder, twoTables } from "./support.ts";

const third = "Migration20240103000000_c";
const loses = migration(third, "create table c ()", "drop table c").replace("export", "/** @loses c */\nexport");

/** A database at the head of a newer image, and the options of an old image that lacks its last migrations. */
async function newerDatabase(lacking: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { args, folder, dsn, sql } = await project({ ...twoTables, [`${third}.ts`]: loses });
  expect(await run(["up", ...args], { env })).toMatchObject({ code: 0 });
  const newer = args;
  const old = await folderOf(twoTables);
  for (const name of lacking) await rm(path.join(old, `${name}.ts`), { force: true });
  return { sql, folder, newer, args: ["--dsn", dsn, "--migrations", old] };
}

describe("down --to of an image that lacks the newer migrations", () => {
  it("shows the plan and where its statements come from, and that no key is set", async () => {
    const { args, sql } = await newerDatabase([second, third]);
    const to = ["down", "--to", first, "--accept-loss", third, ...args];
    const planned = await run([...to, "--dry-run"]);
    expect(planned).toMatchObject({ code: 0, stderr: "" });
    expect(planned.stdout).toContain(`-- ${third}, by the undo in the ledger\ndrop table c;\n`);
    const { code, stdout } = await run(to);
    expect(code).toBe(0);
    expect(stdout).toContain("No MIGRATOR_UNDO_KEY is set");
    expect(stdout).toMatch(/Reverting 2 migrations in \S+\n {2}· \S+_c by the undo in the ledger\n {2}· \S+_b by the/);
    expect(stdout).toMatch(/✔ reverted Migration20240103000000_c {2}from the ledger {2}1 statement/);
    expect(await sql("select to_regclass('a')::text as a, to_regclass('c')::text as c")).toEqual([{ a: "a", c: null }]);
    expect(await run(["status", ...args, "--exit-code"])).toMatchObject({ code: 0 });
  });

  it("gives programs the source of each step, and the document its shape else", async () => {
    const { args } = await newerDatabase([third]);
    const { code, stderr, document } = await runJson(["down", "--to", first, "--accept-loss", "_c", ...args]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const step = { result: "reverted", durationMs: expect.any(Number), statements: 1 };
    expect(document).toEqual({
      outcome: "reverted",
      steps: [
        { ...step, name: third, source: "ledger" },
        { ...step, name: second },
      ],
      problems: [],
      error: null,
    });
  });

  it("is refused with exit code 3 and the reason while a loss is not named", async () => {
    const { args, sql } = await newerDatabase([third]);
    const { code, document } = await runJson(["down", "--to", second, ...args]);
    expect({ code, document }).toMatchObject({
      code: 3,
      document: {
        outcome: "refused",
        steps: [{ name: third, result: "notRun", source: "ledger" }],
        problems: [{ code: "lossy-undo", migration: third, message: expect.stringContaining("--accept-loss") }],
      },
    });
    expect(await sql("select to_regclass('c')::text as c")).toEqual([{ c: "c" }]);
    expect(await run(["down", "--steps", "1", ...args])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(`"migrator down --to M"`),
    });
    expect(await run(["down", "--steps", "1", "--accept-loss", third, ...args])).toMatchObject({ code: 2 });
  });

  it("checks signatures with MIGRATOR_UNDO_KEY, also from a file, and repair signs anew", async () => {
    const keyFile = path.join(await temporaryFolder(), "key");
    await writeFile(keyFile, `${"k".repeat(32)}\n`);
    const env = { MIGRATOR_UNDO_KEY_FILE: keyFile };
    const { args, newer } = await newerDatabase([third], env);
    const to = ["down", "--to", second, "--accept-loss", third, ...args];
    const other = { MIGRATOR_UNDO_KEY: "x".repeat(32) };
    const refused = await run(to, { env: other });
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining("signature of another key") });
    const repaired = await run(["repair", third, ...newer], { env: other });
    expect(repaired).toMatchObject({ code: 0, stdout: expect.stringContaining("the undo of its file") });
    expect(await run(to, { env })).toMatchObject({ code: 3 });
    const reverted = await run(to, { env: other });
    expect(reverted.code).toBe(0);
    expect(reverted.stdout).not.toContain("No MIGRATOR_UNDO_KEY");
    const lost = await run(["up", ...newer], { env: { MIGRATOR_UNDO_KEY_FILE: "/nowhere" } });
    expect(lost).toMatchObject({ code: 2, stderr: expect.stringContaining("MIGRATOR_UNDO_KEY_FILE") });
    expect(lost.stderr).not.toContain("/nowhere");
  });
});
