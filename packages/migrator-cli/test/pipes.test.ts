import { execFileSync } from "node:child_process";
import { rm } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { project, run } from "./support.ts";

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
