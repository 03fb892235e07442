import { expect, it } from "vitest";
import { migration, project, run, runJson } from "./support.ts";

const [first, fill, last] = ["Migration20240101000000_a", "Migration20240102000000_b", "Migration20240103000000_c"];
const files = {
  [`${first}.ts`]: migration(
    first,
    "create table a (id int primary key, n int); insert into a select g from generate_series(1, 20000) g",
    "drop table a",
  ),
  [`${fill}.ts`]: `import { Migration } from "@mikro-orm/migrations";
export class ${fill} extends Migration {
  readonly backfill = { table: "a", set: "n = id", where: "n is null" };
  override up() { this.addSql("update a set n = id where n is null"); }
  override down() {}
}
`,
  [`${last}.ts`]: migration(
    last,
    "alter table a alter column n set not null",
    "alter table a alter column n drop not null",
  ),
};

it("holds a large table's backfill, runs it on its own, and lets up go on", async () => {
  const { args, sql } = await project(files);
  const held = await run(["up", ...args]);
  expect(held.stdout).toContain(`‖ held     ${fill}`);
  expect(held.stdout).toContain("Applied 1 migration in");
  expect(held.stdout).toContain(
    `${fill} changes a large table in batches, and 1 migration after it waits: run "migrator backfill run"`,
  );
  expect(held.code).toBe(0);
  expect((await run(["up", ...args])).stdout).not.toContain("Nothing to do");
  expect((await run(["backfill", "status", ...args])).stdout).toMatch(new RegExp(`${fill} {2}held\n {2}at 0`));
  expect((await run(["backfill", "pause", ...args])).stdout).toContain(`Paused ${fill}`);
  expect(await runJson(["backfill", "resume", "_b", ...args])).toMatchObject({
    code: 0,
    document: { backfill: { migration: fill, pausedAt: null, scanned: 0 } },
  });
  const done = await run(["backfill", "run", ...args]);
  expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining("Applied 1 migration") });
  expect(await sql("select count(*)::int as left from a where n is null")).toEqual([{ left: 0 }]);
  expect((await run(["backfill", "status", ...args])).stdout).toContain("No backfill is begun");
  expect((await run(["up", ...args])).stdout).toContain(`applied  ${last}`);
  expect((await run(["backfill", "run", ...args])).stdout).toContain("Nothing to do");
});

it("runs it within up --wait, and tells programs what was held", async () => {
  const { args } = await project(files);
  expect((await runJson(["up", ...args])).document).toMatchObject({
    outcome: "applied",
    steps: [{ result: "applied" }, { name: fill, result: "held" }, { name: last, result: "held" }],
  });
  const { document, code } = await runJson(["up", "--wait", ...args]);
  expect(document).toMatchObject({ outcome: "applied", steps: [{ name: fill }, { name: last, result: "applied" }] });
  expect(code).toBe(0);
});

it("refuses what it cannot do, by name", async () => {
  const { args } = await project(files);
  const early = await run(["backfill", "run", ...args]);
  expect(early).toMatchObject({ code: 3, stderr: expect.stringContaining(`${first} comes before ${fill}`) });
  expect(await run(["backfill", "pause", ...args])).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("No backfill is begun"),
  });
  await run(["up", ...args]);
  expect(await run(["backfill", "discard", "nope", ...args])).toMatchObject({ code: 2 });
  expect(await run(["backfill", "run", "_c", ...args])).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("comes before"),
  });
});
