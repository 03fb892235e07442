import { describe, expect, it } from "vitest";
import { first, project, run, runJson, second } from "./support.ts";

describe("migrator diff", () => {
  it("finds nothing on a database that only the runner touched", async () => {
    const { args } = await project();
    await run(["up", "--steps", "1", ...args]);
    const { code, stdout } = await run(["diff", ...args]);
    expect(stdout).toContain("models ↔ migrations: no models are configured");
    expect(stdout).toMatch(new RegExp(`live database \\(.*, at ${first}\\): equal`));
    expect(stdout).toContain(`1 migration pending (not drift): ${second}`);
    expect(code).toBe(0);
  });

  it("names what was done by hand, with the statement that mends it, and ends with 3", async () => {
    const { args, sql } = await project();
    await run(["up", ...args]);
    await sql("alter table a add column stray text");
    const { code, stdout } = await run(["diff", ...args]);
    expect(stdout).toContain("column a.stray should not be there in the live database\n");
    expect(stdout).toContain("alter table public.a drop column stray;");
    expect(code).toBe(3);
    const { document, code: again } = await runJson(["diff", ...args]);
    expect(again).toBe(3);
    expect(document).toMatchObject({
      outcome: "drift",
      models: null,
      live: { at: second, pending: [], differences: [{ kind: "column", name: "public.a.stray" }] },
    });
  });
});
