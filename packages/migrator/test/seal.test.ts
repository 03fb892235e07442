import { chmod, readdir, readFile, rename, rm, stat, unlink, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { digestOf } from "../src/ledger.ts";
import { up } from "../src/migrate.ts";
import { rewriteManifest } from "../src/create/write-files.ts";
import { addFiles, contextOf, emptyDatabase, folderOf, migrationSource, temporaryFolder } from "./support.ts";

const second = { up: ["create table b (id int)"], down: ["drop table b"] };

/** A folder of two applied migrations that was sealed, as of a time when its files are old. */
async function sealed(files: Parameters<typeof folderOf>[0] = {}) {
  const [{ dsn, sql }, cache] = [await emptyDatabase(), await temporaryFolder()];
  const folder = await folderOf({ M1: { up: ["create table a (id int)"] }, M2: second, ...files });
  const context = (options = {}) => contextOf(dsn, folder, { cache, ...options });
  await rewriteManifest(folder);
  await up(context());
  // Times of an inode cannot be set: the clock is put forward in their place.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 10_000 });
  onTestFinished(() => void vi.useRealTimers());
  await up(context());
  const place = path.join(cache, (await readdir(cache)).find((name) => name.endsWith(".seal")) ?? "none");
  return { sql, folder, place, run: async (options = {}) => (await up(context(options))).outcome };
}

/** The same with a seal that vouches for what is not so: that the ledger holds the first migration alone. */
async function forged() {
  const all = await sealed();
  const { sql, place } = all;
  await sql("delete from mikro_orm_migrations where name = 'M2'");
  const rows = await sql<{ name: string; checksum: string }>("select name, checksum from mikro_orm_migrations");
  const head = (content: Buffer) =>
    content.toString("latin1").replace(/"digest":"\w+"/, `"digest":"${digestOf(rows)}"`);
  await writeFile(place, head(await readFile(place)), "latin1");
  return all;
}

it("is believed while nothing has changed, and neither file nor row is read", async () => {
  const { run } = await forged();
  expect(await run()).toBe("nothing");
});

it.each<[string, (folder: string, place: string) => Promise<unknown>]>([
  ["a file is edited", async (folder) => await addFiles(folder, { M1: { up: ["create table c (id int)"] } })],
  ["a file is edited to the same length, and its old date put back", editUnnoticed],
  ["a file is touched", async (folder) => await utimes(path.join(folder, "M1.ts"), 1, 1)],
  ["another file is put in place of one", replace],
  ["a file is new", async (folder) => await addFiles(folder, { M3: second })],
  ["a file is gone", async (folder) => await unlink(path.join(folder, "M2.ts"))],
  ["a file has another name", async (folder) => await rename(path.join(folder, "M2.ts"), path.join(folder, "M3.ts"))],
  ["a migration is being written", async (folder) => await writeFile(path.join(folder, ".M2.pending"), "")],
  ["the manifest is edited", async (folder) => await writeFile(path.join(folder, "manifest.json"), "{}")],
  ["the manifest is gone", async (folder) => await unlink(path.join(folder, "manifest.json"))],
  ["the folder is gone", async (folder) => await rm(folder, { recursive: true })],
  ["others may have written the seal", async (_, place) => await chmod(place, 0o666)],
  ["the seal is cut off", async (_, place) => await cut(place, -1)],
  ["the seal is cut off at a number's end", async (_, place) => await cut(place, -8)],
  ["the seal has a head alone", async (_, place) => await cut(place, 20)],
  ["the seal is empty", async (_, place) => await writeFile(place, "")],
  ["the seal is something else", async (_, place) => await writeFile(place, "null\n")],
])("is not believed when %s", async (_, change) => {
  const { folder, place, run } = await forged();
  await change(folder, place);
  const outcome = await run().catch((error: Error) => error.message);
  expect(outcome).not.toBe("nothing");
});

it("is not believed by another version", async () => {
  const { run } = await forged();
  expect(await run({ toolVersion: "2" })).not.toBe("nothing");
});

it.each([
  ["has one less", "delete from mikro_orm_migrations where name = 'M2'"],
  ["has one more", "insert into mikro_orm_migrations (name, checksum) values ('M0', 'c')"],
  ["has another checksum", "update mikro_orm_migrations set checksum = 'c' where name = 'M1'"],
  [
    "has a row twice",
    "insert into mikro_orm_migrations (name, checksum) select name, checksum from mikro_orm_migrations",
  ],
  ["is empty", "truncate mikro_orm_migrations"],
  ["is not there", "drop table mikro_orm_migrations"],
])("says nothing of a ledger that %s", async (_, change) => {
  const { sql, run } = await sealed();
  await sql("drop table a, b");
  await sql(change);
  expect(await run()).not.toBe("nothing");
});

it("is not pressed on files that are new, nor on a migration that depends on others", async () => {
  const helper = { "M3.ts": `import "./M2.ts";\n${migrationSource("M3", { up: ["select 1"] })}` };
  const { folder, place, run } = await sealed(helper);
  await expect(stat(place)).rejects.toThrow("ENOENT");
  await unlink(path.join(folder, "M3.ts"));
  vi.useRealTimers();
  await run();
  await expect(stat(place)).rejects.toThrow("ENOENT");
});

async function editUnnoticed(folder: string): Promise<void> {
  const file = path.join(folder, "M1.ts");
  const { atime, mtime } = await stat(file);
  await writeFile(file, (await readFile(file, "utf8")).replace("table a", "table c"));
  await utimes(file, atime, mtime);
}

async function replace(folder: string): Promise<void> {
  const file = path.join(folder, "M1.ts");
  const { atime, mtime } = await stat(file);
  await writeFile(`${file}.new`, await readFile(file));
  await utimes(`${file}.new`, atime, mtime);
  await rename(`${file}.new`, file);
}

async function cut(place: string, end: number): Promise<void> {
  await writeFile(place, (await readFile(place)).subarray(0, end));
}
