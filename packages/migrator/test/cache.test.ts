import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { rewriteManifest } from "../src/history/write-migration.ts";
import { listFiles } from "../src/history/folder.ts";
import { MigrationCache } from "../src/history/cache.ts";
import { readOwnFile, writeOwnFile } from "../src/history/own-files.ts";
import { openHistory } from "../src/history/history.ts";
import { digestOf } from "../src/ledger/ledger.ts";
import { up } from "../src/commands/up-and-down.ts";
import { addFiles, contextOf, emptyDatabase, folderOf, migrationSource, temporaryFolder } from "./support.ts";

const content = { up: ["create table a (id int)"], down: ["drop table a"] };
const second = { up: ["create table b (id int)"], down: ["drop table b"] };
const edited = migrationSource("M1", { ...content, up: ["create table b (id int)"] });

/** A cache's first line and, behind its stamps, its notes. */
async function readParts(place: string) {
  const whole = await readFile(place, "latin1");
  const end = whole.indexOf("\n");
  const head = JSON.parse(whole.slice(0, end)) as Record<string, string | null> & { bytes: number };
  const bytes = Buffer.from(whole.slice(end + 1, end + 1 + head.bytes), "latin1");
  const stamps = new Float64Array(Uint8Array.from(bytes).buffer);
  return { whole, head, stamps, body: whole.slice(end + 1) };
}

/** Changes what a cache says, so that it looks like its own writer's. */
async function forge(place: string, change: (body: string) => string, digest?: string): Promise<void> {
  const { head, body } = await readParts(place);
  const forged = change(body);
  const sum = createHash("sha256").update(forged, "latin1").digest("hex");
  const line = JSON.stringify({ ...head, sum, ...(digest === undefined ? {} : { digest }) });
  await writeFile(place, `${line}\n${forged}`, "latin1");
}

/** A folder of one old migration, and the cache of a run that has read it. */
async function noted(files: Parameters<typeof folderOf>[0] = { M1: content }) {
  const [folder, cache] = [await folderOf(files), await temporaryFolder()];
  await age(folder);
  const history = await openHistory(folder, new MigrationCache(cache, folder, "1"));
  for (const { name } of history.folder.files) await history.load(name);
  history.keep();
  const place = path.join(cache, (await readdir(cache))[0] ?? "none");
  const [file] = await listFiles(folder);
  if (!file) throw new Error("no file");
  const recall = (version = "1") => new MigrationCache(cache, folder, version).recall(file);
  return { folder, cache, place, file, recall, known: history.known()[0] };
}

/** Makes the files of a folder look as if they were written an hour ago; the times of an inode cannot be set. */
async function age(folder: string): Promise<void> {
  const hourAgo = Date.now() / 1000 - 3600;
  for (const { path: file } of await listFiles(folder)) await utimes(file, hourAgo, hourAgo);
}

/** Puts the clock forward for the rest of a test, so that all files are old. */
function wait(): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 10_000 });
  onTestFinished(() => void vi.useRealTimers());
}

describe("what was read of a migration's file", () => {
  it("is known to the next run, which does not open it", async () => {
    wait();
    const { place, recall, known } = await noted();
    // With a content that cannot be: only the stamp can be what is believed.
    await forge(place, (body) => body.replace(/"content":"\w+"/, '"content":"none"'));
    expect(recall()).toEqual(known);
    expect(known).toMatchObject({ name: "M1", reversible: true, irreversible: null });
  });

  it("is not believed by its stamp when the file had just been changed", async () => {
    const { place } = await noted();
    expect([...(await readParts(place)).stamps]).toEqual([NaN, NaN, NaN, NaN]);
  });

  it("is believed by its stamp from the first run on that finds the file old enough", async () => {
    const { folder, cache, place } = await noted();
    await setTimeout(2100);
    (await openHistory(folder, new MigrationCache(cache, folder, "1"))).keep();
    expect((await readParts(place)).stamps).not.toContain(NaN);
  });

  it("is believed by its content when only the times are others, as in a fresh checkout or an image", async () => {
    const { file, recall, known } = await noted();
    await writeFile(file.path, await readFile(file.path));
    expect(recall()).toEqual(known);
  });

  it("is noted of TypeScript that must be imported", async () => {
    const typed = migrationSource("M1", { up: ["select 1"], code: "const a = new Map<string, string>();" });
    const { recall, known } = await noted({ "M1.ts": typed });
    expect(recall()).toEqual(known);
  });

  it("is noted of the project's own migrations, which are TypeScript", async () => {
    const [folder, cache] = [await temporaryFolder(), await temporaryFolder()];
    await cp(path.resolve(import.meta.dirname, "../../migrations/src/migrations"), folder, { recursive: true });
    const history = await openHistory(folder, new MigrationCache(cache, folder, "1"));
    await history.loadForChecks([]);
    const next = await openHistory(folder, new MigrationCache(cache, folder, "1"));
    expect(next.recalled).toBe(true);
    expect(next.known()).toEqual(history.known());
    expect(next.known()).toHaveLength(4);
  });

  it.each([
    ["edited", edited, false],
    ["edited, with its old date put back", edited, true],
    ["longer", `${edited}// more`, true],
  ])("is forgotten when the file is %s", async (_, source, sameDate) => {
    const { file, recall } = await noted();
    const { mtime } = await stat(file.path);
    await writeFile(file.path, source);
    if (sameDate) await utimes(file.path, mtime, mtime);
    expect(recall()).toBeUndefined();
  });

  it("is forgotten when the reader is another version", async () => {
    const { recall } = await noted();
    expect(recall("2")).toBeUndefined();
  });

  it.each([
    ["something else", () => "{}"],
    ["of another folder", (text: string) => text.replace(/ \//, " /other/")],
    ["cut off", (text: string) => text.slice(0, -1)],
    ["cut within the stamps", (text: string) => text.slice(0, text.indexOf("\n") + 13)],
    ["without notes", (text: string) => text.slice(0, text.indexOf("\n") + 1)],
    ["longer", (text: string) => `${text} `],
    ["damaged in a checksum", (text: string) => text.replace(/("checksum":".)./, (_, kept: string) => `${kept}x`)],
    ["damaged in its own checksum", (text: string) => text.replace(/("sum":".)./, (_, kept: string) => `${kept}x`)],
    ["damaged in the number of their stamps", (text: string) => text.replace('"bytes":32', '"bytes":64')],
    ["damaged in a name", (text: string) => text.replace('[["M1.ts"', '[["M2.ts"')],
  ])("is forgotten when the notes are %s", async (_, change) => {
    const { place, recall } = await noted();
    const { whole } = await readParts(place);
    expect(change(whole)).not.toBe(whole);
    await writeFile(place, change(whole), "latin1");
    expect(recall()).toBeUndefined();
  });

  it("is not noted of a file that depends on more than its text", async () => {
    const { recall } = await noted({
      "M1.ts": edited.replace("override async up() {", "override async up() { this.addSql((1.5).toLocaleString());"),
    });
    expect(recall()).toBeUndefined();
  });

  it("is not noted of a link that was pointed elsewhere meanwhile", async () => {
    wait();
    const [folder, cache] = [await folderOf({ "a.txt": "a", "b.txt": edited }), await temporaryFolder()];
    const file = { name: "M1", path: path.join(folder, "M1.ts") };
    await symlink("a.txt", file.path);
    const first = new MigrationCache(cache, folder, "1");
    first.recall(file);
    await unlink(file.path);
    await symlink("b.txt", file.path);
    first.note(file, Buffer.from(edited), { name: "M1", checksum: "c", reversible: true, irreversible: null });
    first.keep();
    await unlink(file.path);
    await symlink("a.txt", file.path);
    expect(new MigrationCache(cache, folder, "1").recall(file)).toBeUndefined();
  });
});

describe("where the cache lies", () => {
  const known = { name: "M1", checksum: "c", reversible: true, irreversible: null };

  /** Keeps a note in `cache`, and says what the next run finds. */
  async function keepIn(cache: string) {
    const folder = await folderOf({ M1: content });
    const [file] = await listFiles(folder);
    if (!file) throw new Error("no file");
    const first = new MigrationCache(cache, folder, "1");
    first.note(file, await readFile(file.path), known);
    first.keep();
    return new MigrationCache(cache, folder, "1").recall(file);
  }

  it("may be a folder that is to be made, with all above it", async () => {
    const cache = path.join(await temporaryFolder(), "a", "b");
    expect(await keepIn(cache)).toEqual(known);
    expect((await stat(cache)).mode & 0o777).toBe(0o700);
    const [name = ""] = await readdir(cache);
    expect((await stat(path.join(cache, name))).mode & 0o777).toBe(0o644);
  });

  it("may be a folder that is reached by a link, whatever the umask", async () => {
    const before = process.umask(0o077);
    onTestFinished(() => void process.umask(before));
    const folder = await temporaryFolder();
    await mkdir(path.join(folder, "real"));
    await symlink("real", path.join(folder, "cache"));
    expect(await keepIn(path.join(folder, "cache"))).toEqual(known);
    const [name = ""] = await readdir(path.join(folder, "real"));
    expect((await stat(path.join(folder, "real", name))).mode & 0o777).toBe(0o644);
  });

  it.each([
    ["in /proc, where nothing can be made", "/proc/nope"],
    ["below a device", "/dev/null/nope"],
  ])("is nowhere when it is %s", async (_, cache) => {
    expect(await keepIn(cache)).toBeUndefined();
  });

  type Change = (folder: string) => Promise<unknown>;
  const keepAfter = async (change: Change) => {
    const cache = await temporaryFolder();
    await change(cache);
    return { found: await keepIn(cache), files: await readdir(cache) };
  };
  const nothing = { found: undefined, files: [] };

  it.each<[string, Change]>([
    ["everybody may write", async (folder) => await chmod(folder, 0o777)],
    ["everybody may write, and take away his own", async (folder) => await chmod(folder, 0o1777)],
  ])("is nowhere in a folder that %s", async (_, change) => {
    expect(await keepAfter(change)).toEqual(nothing);
  });

  // The group of another user's number may be that user alone, and root alone can give a folder away.
  it.runIf(process.getuid?.() === 0).each<[string, Change]>([
    ["a group may write", async (folder) => await chmod(folder, 0o770)],
    ["another owns", async (folder) => await chown(folder, 4711, 0)],
  ])("is nowhere in a folder that %s", async (_, change) => {
    expect(await keepAfter(change)).toEqual(nothing);
  });

  it("is nowhere below a folder that others may replace", async () => {
    const folder = await temporaryFolder();
    await mkdir(path.join(folder, "cache"));
    await chmod(folder, 0o777);
    expect(await keepIn(path.join(folder, "cache"))).toBeUndefined();
    expect(await keepIn(path.join(folder, "new"))).toBeUndefined();
    await chmod(folder, 0o1777);
    expect(await keepIn(path.join(folder, "cache"))).toEqual(known);
  });

  it("is replaced, and not followed, where somebody put a link in its place", async () => {
    const [cache, secret] = [await temporaryFolder(), path.join(await temporaryFolder(), "secret")];
    await keepIn(cache);
    const [name = ""] = await readdir(cache);
    const place = path.join(cache, name);
    await rename(place, secret);
    await chmod(secret, 0o600);
    await symlink(secret, place);
    expect(readOwnFile(place)).toBeUndefined();
    writeOwnFile(place, Buffer.from("new"));
    expect((await stat(secret)).mode & 0o777).toBe(0o600);
    expect((await lstat(place)).isFile()).toBe(true);
    expect(readOwnFile(place)?.toString()).toBe("new");
  });

  it("is not read from a pipe, nor from a file that others may have written", async () => {
    const place = path.join(await temporaryFolder(), "a.cache");
    writeOwnFile(place, Buffer.from("a"));
    await chmod(place, 0o666);
    expect(readOwnFile(place)).toBeUndefined();
    await unlink(place);
    await promisify(execFile)("mkfifo", [place]);
    expect(readOwnFile(place)).toBeUndefined();
  });

  it("holds nothing of a write that failed", async () => {
    const folder = await temporaryFolder();
    await mkdir(path.join(folder, "a.cache"));
    expect(() => writeOwnFile(path.join(folder, "a.cache"), Buffer.from("a"))).toThrow("EISDIR");
    expect(await readdir(folder)).toEqual(["a.cache"]);
  });
});

/** A folder of two applied migrations that a run has found sound, as of a time when its files are old. */
async function sound(files: Parameters<typeof folderOf>[0] = {}) {
  const [{ dsn, sql }, cache] = [await emptyDatabase(), await temporaryFolder()];
  const folder = await folderOf({ M1: { up: ["create table a (id int)"] }, M2: second, ...files });
  const context = (options = {}) => contextOf(dsn, folder, { cache, ...options });
  await rewriteManifest(folder);
  await up(context());
  wait();
  await up(context());
  const place = path.join(cache, (await readdir(cache))[0] ?? "none");
  return { sql, folder, place, run: async (options = {}) => (await up(context(options))).outcome };
}

/** The same with a cache that says what is not so: that the ledger holds the first migration alone. */
async function forged() {
  const all = await sound();
  const { sql, place } = all;
  await sql("delete from mikro_orm_migrations where name = 'M2'");
  const rows = await sql<{ name: string; checksum: string }>("select name, checksum from mikro_orm_migrations");
  await forge(place, (body) => body, digestOf(rows));
  return all;
}

describe("a folder that a run has found sound", () => {
  it("is taken for sound while nothing has changed, and neither file nor row is read", async () => {
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
    ["others may have written the cache", async (_, place) => await chmod(place, 0o666)],
    ["the cache is cut off within the stamps", async (_, place) => await cut(place, -1)],
    ["the cache is cut off behind a stamp", async (_, place) => await cut(place, -8)],
    ["the cache has its first line alone", async (_, place) => await cut(place, -96)],
    ["the cache is empty", async (_, place) => await writeFile(place, "")],
    ["the cache is something else", async (_, place) => await writeFile(place, "null\n")],
  ])("is read when %s", async (_, change) => {
    const { folder, place, run } = await forged();
    await change(folder, place);
    const outcome = await run().catch((error: Error) => error.message);
    expect(outcome).not.toBe("nothing");
  });

  it("is read by another version", async () => {
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
    const { sql, run } = await sound();
    await sql("drop table a, b");
    await sql(change);
    expect(await run()).not.toBe("nothing");
  });

  it("is none while files are new, or while a migration depends on others", async () => {
    const helper = { "M3.ts": `import "./M2.ts";\n${migrationSource("M3", { up: ["select 1"] })}` };
    const { folder, place, run } = await sound(helper);
    expect((await readParts(place)).head["digest"]).toBeNull();
    await unlink(path.join(folder, "M3.ts"));
    vi.useRealTimers();
    await run();
    expect((await readParts(place)).head["digest"]).toBeNull();
  });
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

/** Cuts off the notes, and so much of the stamps. */
async function cut(place: string, end: number): Promise<void> {
  const { whole } = await readParts(place);
  await writeFile(place, whole.slice(0, whole.indexOf("[[") + end), "latin1");
}
