import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { readStatus } from "../src/commands/status.ts";
import { up } from "../src/commands/up-and-down.ts";
import { contextOf, emptyDatabase, folderOf, ledgerOf, migrationSource, tablesOf, temporaryFolder } from "./support.ts";

const creates = (name: string, table: string) => migrationSource(name, { up: [`create table ${table} (id int)`] });

/** Makes `folder` what Kubernetes makes of a ConfigMap: files that link through `..data`, which is replaced at once. */
async function mountConfigMap(folder: string, version: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(path.join(folder, version));
  for (const [file, text] of Object.entries(files)) await writeFile(path.join(folder, version, file), text);
  await symlink(version, path.join(folder, "..data_tmp"));
  await rename(path.join(folder, "..data_tmp"), path.join(folder, "..data"));
  for (const file of Object.keys(files))
    await symlink(path.join("..data", file), path.join(folder, file)).catch(() => {});
}

/** A database, a folder, and runs on them with a cache; the clock is put forward, so that all files are old. */
async function project() {
  const [{ dsn, sql }, folder, cache] = [await emptyDatabase(), await temporaryFolder(), await temporaryFolder()];
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 10_000 });
  onTestFinished(() => void vi.useRealTimers());
  const context = () => contextOf(dsn, folder, { cache });
  return { sql, folder, run: async () => await up(context()), status: async () => await readStatus(context()) };
}

it("applies migrations that are links, the imported among them, and says so", async () => {
  const { sql, folder, run, status } = await project();
  const elsewhere = await folderOf({
    "M1.ts": creates("M1", "a"),
    "M2.ts": `import { b } from "./table.ts";\n${migrationSource("M2", { code: "this.addSql(b);" })}`,
    "table.ts": `export const b: string = "create table b (id int)";\n`,
  });
  for (const name of ["M1.ts", "M2.ts"]) await symlink(path.join(elsewhere, name), path.join(folder, name));
  expect((await status()).pending).toEqual([{ name: "M1" }, { name: "M2" }]);
  expect(await run()).toMatchObject({ outcome: "applied" });
  expect(await tablesOf(sql)).toEqual(["a", "b", "mikro_orm_migrations"]);
  expect(await status()).toMatchObject({ state: "current", pending: [] });
});

it("notices that a link was pointed elsewhere after its migration was applied", async () => {
  const { folder, run } = await project();
  const elsewhere = await folderOf({ "M1.ts": creates("M1", "a"), "other.ts": creates("M1", "b") });
  const link = path.join(folder, "M1.ts");
  await symlink(path.join(elsewhere, "M1.ts"), link);
  await run();
  for (const _ of [1, 2, 3]) expect(await run()).toMatchObject({ outcome: "nothing" });
  await rm(link);
  await symlink(path.join(elsewhere, "other.ts"), link);
  expect(await run()).toMatchObject({ outcome: "refused", problems: [{ code: "changed", migration: "M1" }] });
});

it("notices that a ConfigMap was swapped beneath its links", async () => {
  const { sql, folder, run } = await project();
  await mountConfigMap(folder, "..2025_01_01", { "M1.js": creates("M1", "a").replaceAll("override ", "") });
  await run();
  for (const _ of [1, 2, 3]) expect(await run()).toMatchObject({ outcome: "nothing" });
  const both = { "M1.js": creates("M1", "a").replaceAll("override ", ""), "M2.ts": creates("M2", "b") };
  await mountConfigMap(folder, "..2025_01_02", both);
  expect(await run()).toMatchObject({ outcome: "applied" });
  expect(await ledgerOf(sql)).toEqual(["M1", "M2"]);
  await mountConfigMap(folder, "..2025_01_03", { ...both, "M1.js": creates("M1", "c").replaceAll("override ", "") });
  expect(await run()).toMatchObject({ outcome: "refused", problems: [{ code: "changed", migration: "M1" }] });
});
