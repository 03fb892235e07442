import { expect, it } from "vitest";
import { project, run, runJson } from "./support.ts";

const source = `import { Migration } from "@mikro-orm/migrations";
export class Migration1_counts extends Migration {
  override isTransactional() { return false; }
  override async up() {
    this.addSql("create table counts (n int)");
    this.addSql("select 1/0");
  }
  override async down() { this.addSql("drop table counts"); }
}
`;

it("tells of a half-done migration in every command, refuses the other direction, and settles it by name", async () => {
  const { args } = await project({ "Migration1_counts.ts": source });
  expect((await run(["up", ...args])).code).toBe(5);
  const { code, document } = await runJson(["status", "--exit-code", ...args]);
  expect(code).toBe(3);
  expect(document).toMatchObject({
    state: "half-done",
    halfDone: { migration: "Migration1_counts", direction: "up", done: 1, attempted: null, total: 2 },
    problems: [{ code: "half-done", migration: "Migration1_counts" }],
  });
  const status = await run(["status", ...args]);
  expect(status.stdout).toContain("half-done (a migration was interrupted and is neither applied nor reverted)");
  expect(status.stdout).toContain("after statement 1 of 2 (create table counts (n int))");
  expect((await run(["history", ...args])).stdout).toContain("half done: its up was interrupted");
  expect((await run(["down", ...args])).code).toBe(3);
  expect((await run(["wait", "--timeout", "1", ...args])).code).toBe(3);
  expect((await run(["repair", "counts", ...args])).code).toBe(3);
  expect((await run(["repair", "counts", "--as", "done", ...args])).code).toBe(2);
  const repaired = await run(["repair", "counts", "--as", "applied", ...args]);
  expect(repaired).toMatchObject({ code: 0, stdout: expect.stringContaining("recorded as applied") });
  expect((await run(["status", "--exit-code", ...args])).code).toBe(0);
  expect((await run(["down", ...args])).code).toBe(0);
});
