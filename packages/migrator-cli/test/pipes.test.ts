import { execFileSync, spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { project, run } from "./support.ts";

const main = path.resolve(import.meta.dirname, "../src/main.ts");

it.each(["manifest.json", "Migration20240103000000_c.ts"])(
  "refuses a pipe in place of %s, also where an earlier start knows the folder",
  async (name) => {
    const { args, folder } = await project();
    const pipe = path.join(folder, name);
    // Twice: the second start may record the folder as sound in the cache.
    for (const _ of [1, 2]) expect(await run(["up", ...args])).toMatchObject({ code: 0 });
    execFileSync("mkfifo", [pipe]);
    for (const command of ["up", "status", "history", "sql", "check"]) {
      const { code, stderr } = await run([command, ...args]);
      expect(stderr).toContain("is a pipe, a socket or a device");
      expect(code).toBe(2);
    }
    await rm(pipe);
    expect(await run(["up", ...args])).toMatchObject({ code: 0 });
  },
);

it("applies everything where nobody reads its output to the end", async () => {
  const { args, tables } = await project();
  const command = [process.execPath, "--conditions=@thedata/source", main, "up", ...args].map((word) => `'${word}'`);
  const { stdout, stderr } = spawnSync("sh", ["-c", `{ ${command.join(" ")}; echo "code $?" >&2; } | true`], {
    encoding: "utf8",
  });
  expect({ stdout, stderr }).toEqual({ stdout: "", stderr: "code 0\n" });
  expect(await tables()).toEqual(["a", "b", "mikro_orm_migrations"]);
});
