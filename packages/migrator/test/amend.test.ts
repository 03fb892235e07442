import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { create, rewriteManifest } from "../src/commands/create.ts";
import { discover } from "../src/history/folder.ts";
import { up } from "../src/commands/up-and-down.ts";
import { readStatus } from "../src/commands/status.ts";
import { rebase } from "../src/commands/rebase.ts";
import { repair } from "../src/commands/repair.ts";
import { contextOf, emptyDatabase, folderOf, type Steps, temporaryFolder } from "./support.ts";

const table = (name: string): Steps => ({ up: [`create table ${name} ()`], down: [`drop table ${name}`] });

const start = async (migrations: Readonly<Record<string, Steps>>) => {
  const { dsn, sql } = await emptyDatabase();
  const folder = await folderOf(migrations);
  // Node reads a file once in a process: an edit is another folder.
  const edited = async (edits: Readonly<Record<string, Steps>>) =>
    contextOf(dsn, await folderOf({ ...migrations, ...edits }));
  return { sql, folder, context: contextOf(dsn, folder), edited };
};

describe("repair", () => {
  it("accepts an edited migration by name, and notes it in the audit", async () => {
    const { sql, context: before, edited } = await start({ M1000_a: table("a"), M2000_b: table("b") });
    await up(before);
    const context = await edited({
      M1000_a: { up: ["create table a (id int)"] },
      M2000_b: { up: ["create table b (id int)"] },
    });
    expect(await repair(context, ["M1000"])).toEqual([{ name: "M1000_a", accepted: "changed" }]);
    expect((await readStatus(context)).problems.map(({ migration }) => migration)).toEqual(["M2000_b"]);
    const actions = await sql("select action, migration from mikro_orm_migrations_audit where action = 'repaired'");
    expect(actions).toEqual([{ action: "repaired", migration: "M1000_a" }]);
  });

  it("forgets the last migration, whose file is gone", async () => {
    const { folder, context } = await start({ M1000_a: table("a"), M2000_b: table("b") });
    await up(context);
    await rm(path.join(folder, "M2000_b.ts"));
    expect((await readStatus(context)).state).toBe("ahead");
    expect(await repair(context, ["M2000_b"])).toEqual([{ name: "M2000_b", accepted: "missing" }]);
    expect(await readStatus(context)).toMatchObject({ state: "current", problems: [] });
  });

  it("forgets a migration whose file is gone", async () => {
    const { folder, context } = await start({ M1000_a: table("a"), M2000_b: table("b"), M3000_c: table("c") });
    await up(context);
    await rm(path.join(folder, "M2000_b.ts"));
    expect((await readStatus(context)).state).toBe("diverged");
    expect(await repair(context, ["M2000_b"])).toEqual([{ name: "M2000_b", accepted: "missing" }]);
    expect(await readStatus(context)).toMatchObject({ state: "current", problems: [] });
  });

  it("refuses all names when one of them has nothing to repair", async () => {
    const { context: before, edited } = await start({ M1000_a: table("a"), M2000_b: table("b") });
    await up(before);
    const context = await edited({ M1000_a: { up: ["create table a (id int)"] } });
    await expect(repair(context, ["M1000_a", "M2000_b"])).rejects.toThrow(
      "M2000_b is neither edited, missing nor half done",
    );
    expect((await readStatus(context)).state).toBe("diverged");
  });
});

describe("rebase", () => {
  const blank = async (folder: string, name: string) =>
    await create(contextOf("", folder), { name, blank: true, shadow: { servers: [] } });

  it("moves a migration to the end: file, class and manifest", async () => {
    const folder = await temporaryFolder();
    const [first, second] = [await blank(folder, "first"), await blank(folder, "second")];
    const { from, to, file } = await rebase(contextOf("", folder), "first");
    expect(from).toBe(first.name);
    expect((await discover(folder)).files.map(({ name }) => name)).toEqual([second.name, to]);
    expect(await readFile(file, "utf8")).toContain(`class ${to} extends Migration`);
    expect((await discover(folder)).manifest?.migrations.map(({ name }) => name)).toEqual([second.name, to]);
  });

  it("refuses one that is applied, and one that is last already", async () => {
    const { folder, context } = await start({ M20200101000000_a: table("a"), M20200102000000_b: table("b") });
    await up(context, { steps: 1 });
    const before = await readdir(folder);
    await expect(rebase(context, "_a")).rejects.toThrow("applied already");
    await expect(rebase(context, "_b")).rejects.toThrow("last migration already");
    expect(await readdir(folder)).toEqual(before);
  });

  it("puts everything back when the manifest cannot be written", async () => {
    const folder = await temporaryFolder();
    const first = await blank(folder, "first");
    await blank(folder, "second");
    const before = await Promise.all(
      (await readdir(folder)).map(async (name) => [name, await readFile(path.join(folder, name), "utf8")]),
    );
    const broken = path.join(folder, "Migration29990101000000_broken.ts");
    await writeFile(broken, "this is no TypeScript");
    await expect(rebase(contextOf("", folder), first.name ?? "")).rejects.toThrow("broken");
    await rm(broken);
    expect(
      await Promise.all(
        (await readdir(folder)).map(async (name) => [name, await readFile(path.join(folder, name), "utf8")]),
      ),
    ).toEqual(before);
    await rewriteManifest(folder);
  });
});
