import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { AheadError } from "../src/errors.ts";
import { rewriteManifest } from "../src/commands/create.ts";
import { down, up } from "../src/commands/up-and-down.ts";
import { readStatus } from "../src/commands/status.ts";
import { addFiles, contextOf, emptyDatabase, folderOf, ledgerOf, migrationSource, tablesOf } from "./support.ts";

const table = (name: string) => ({ up: [`create table ${name} (id int)`], down: [`drop table ${name}`] });

/** A database with two applied migrations. */
async function migrated(second: Parameters<typeof migrationSource>[1] = table("b")) {
  const database = await emptyDatabase();
  const folder = await folderOf({ M1000_a: table("a"), M2000_b: second });
  const context = contextOf(database.dsn, folder);
  await up(context);
  return { ...database, folder, context };
}

const javascriptOf = (...parameters: Parameters<typeof migrationSource>) =>
  migrationSource(...parameters).replaceAll("override ", "");

type Migrated = Awaited<ReturnType<typeof migrated>>;

describe("up refuses before anything runs", () => {
  it.each([
    {
      what: "an edited migration",
      // Under another ending: Node reads a file once, and this process has read the TypeScript.
      change: async ({ folder }: Migrated) => {
        await rm(path.join(folder, "M1000_a.ts"));
        await writeFile(path.join(folder, "M1000_a.js"), javascriptOf("M1000_a", table("x")));
      },
      problem: { code: "changed", migration: "M1000_a" },
    },
    {
      what: "a vanished file",
      change: ({ folder }: Migrated) => rm(path.join(folder, "M1000_a.ts")),
      problem: { code: "missing", migration: "M1000_a" },
    },
    {
      what: "a migration before an applied one",
      change: ({ folder }: Migrated) => addFiles(folder, { M1500_between: table("between") }),
      problem: { code: "out-of-order", migration: "M1500_between" },
    },
    {
      what: "a row that is there twice",
      change: ({ sql }: Migrated) => sql("insert into mikro_orm_migrations (name) values ('M2000_b')"),
      problem: { code: "duplicate", migration: "M2000_b" },
    },
    {
      what: "the same name as TypeScript and JavaScript",
      change: ({ folder }: Migrated) => addFiles(folder, { "M2000_b.js": "export {};" }),
      problem: { code: "duplicate", migration: "M2000_b" },
    },
    {
      what: "a file that the manifest does not list",
      change: async ({ folder }: Migrated) => {
        await rewriteManifest(folder);
        await addFiles(folder, { M2500_late: table("late") });
      },
      problem: { code: "changed", migration: "M2500_late" },
    },
  ])("$what", async ({ change, problem }) => {
    const test = await migrated();
    await change(test);
    await addFiles(test.folder, { M3000_c: table("c") });
    const before = await ledgerOf(test.sql);
    const report = await up(test.context);
    expect(report).toMatchObject({ outcome: "refused", error: null });
    expect(report.problems).toContainEqual({ ...problem, message: expect.stringContaining(problem.migration) });
    expect(new Set(report.steps.map(({ result }) => result))).toEqual(new Set(["notRun"]));
    expect(await tablesOf(test.sql)).toEqual(["a", "b", "mikro_orm_migrations"]);
    expect(await ledgerOf(test.sql)).toEqual(before);
    expect((await readStatus(test.context)).state).toBe("diverged");
  });
});

it("applies a migration out of order where that is allowed", async () => {
  const { folder, dsn, sql } = await migrated();
  await addFiles(folder, { M1500_between: table("between") });
  const report = await up(contextOf(dsn, folder, { allowOutOfOrder: true }));
  expect(report.outcome).toBe("applied");
  expect(await ledgerOf(sql)).toEqual(["M1000_a", "M2000_b", "M1500_between"]);
});

it("goes on where TypeScript became JavaScript with the same SQL", async () => {
  const { folder, context } = await migrated();
  await rm(path.join(folder, "M1000_a.ts"));
  await writeFile(path.join(folder, "M1000_a.js"), javascriptOf("M1000_a", table("a")));
  expect(await up(context)).toMatchObject({ outcome: "nothing", problems: [] });
});

describe("a database that is ahead", () => {
  it("is refused by up, with its own error, and left alone", async () => {
    const { folder, context, sql } = await migrated();
    await rm(path.join(folder, "M2000_b.ts"));
    const report = await up(context);
    expect(report.outcome).toBe("refused");
    expect(report.error).toBeInstanceOf(AheadError);
    expect(report.error).toMatchObject({ code: "ahead", unknown: ["M2000_b"] });
    expect((await readStatus(context)).state).toBe("ahead");
    expect(await ledgerOf(sql)).toEqual(["M1000_a", "M2000_b"]);
  });

  it("is not reverted by a build that does not have the file", async () => {
    const { folder, context, sql } = await migrated();
    await rm(path.join(folder, "M2000_b.ts"));
    expect(await down(context)).toMatchObject({ outcome: "refused", problems: [{ code: "missing" }] });
    expect(await ledgerOf(sql)).toEqual(["M1000_a", "M2000_b"]);
  });
});

describe("down refuses before anything runs", () => {
  it("a migration without a down, though others of the plan have one", async () => {
    const { folder, context, sql } = await migrated({ up: ["create table b (id int)"] });
    await addFiles(folder, { M3000_c: table("c") });
    await up(context);
    const report = await down(context, { steps: 2 });
    expect(report).toMatchObject({ outcome: "refused", problems: [{ code: "irreversible", migration: "M2000_b" }] });
    expect(await tablesOf(sql)).toEqual(["a", "b", "c", "mikro_orm_migrations"]);
  });

  it("a migration whose down throws a reason, and passes it on", async () => {
    const { folder, context } = await migrated();
    const source = migrationSource("M3000_c", table("c")).replace(
      `this.addSql("drop table c");`,
      `throw new Error("the rows are gone");`,
    );
    await addFiles(folder, { "M3000_c.ts": source });
    await up(context);
    const report = await down(context);
    expect(report.problems).toEqual([
      { code: "irreversible", migration: "M3000_c", message: expect.stringContaining("the rows are gone") },
    ]);
  });
});
