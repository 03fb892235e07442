import { chmod, readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { listFiles } from "../src/discover.ts";
import { openHistory } from "../src/history.ts";
import { openStamps } from "../src/stamps.ts";
import { addFiles, folderOf, migrationSource, temporaryFolder } from "./support.ts";

const content = { up: ["create table a (id int)"], down: ["drop table a"] };
const edited = migrationSource("M1", { ...content, up: ["create table b (id int)"] });

/** A folder of one old migration, and the cache of a run that has read it. */
async function noted(files: Parameters<typeof folderOf>[0] = { M1: content }) {
  const [folder, cache] = [await folderOf(files), await temporaryFolder()];
  await age(folder);
  // Times of an inode cannot be set: the notes are made as if later.
  const first = openStamps(cache, folder, "1");
  const history = await openHistory(folder, first);
  for (const { name } of history.folder.files) await history.load(name);
  first.keep();
  const place = path.join(cache, (await readdir(cache))[0] ?? "none");
  const [file] = await listFiles(folder);
  if (!file) throw new Error("no file");
  const recall = (version = "1") => openStamps(cache, folder, version).recall(file);
  return { folder, cache, place, file, recall, known: history.known()[0] };
}

/** Makes the files of a folder look as if they were written an hour ago. */
async function age(folder: string): Promise<void> {
  const hourAgo = Date.now() / 1000 - 3600;
  for (const { path: file } of await listFiles(folder)) await utimes(file, hourAgo, hourAgo);
}

/** The notes on the one file: name, stamp, content, checksum, whether and why not it can be reverted. */
async function fieldsOf(place: string): Promise<string[]> {
  return (await readFile(place, "utf8")).split("\n")[1]?.split("\t") ?? [];
}

/** Changes the notes as a test wants them. */
async function rewrite(place: string, change: (text: string) => string): Promise<void> {
  await writeFile(place, change(await readFile(place, "utf8")));
}

describe("what was read of a migration's file", () => {
  it("is known to the next run, which does not open it", async () => {
    const { file, place, recall, known } = await noted();
    const { size, mtimeMs, ctimeMs, ino } = await stat(file.path);
    // With a content that cannot be: only the stamp can be what is believed.
    const [, stamp = "", sha = ""] = await fieldsOf(place);
    await rewrite(place, (text) => text.replace(stamp, `${size} ${mtimeMs} ${ctimeMs} ${ino}`).replace(sha, "none"));
    expect(recall()).toEqual(known);
    expect(known).toMatchObject({ name: "M1", reversible: true, irreversible: null });
  });

  it("is not believed by its stamp when the file had just been changed", async () => {
    const { place } = await noted();
    expect((await fieldsOf(place))[1]).toBe("racy");
  });

  it("is believed by its stamp from the first run on that finds the file old enough", async () => {
    const { folder, cache, place } = await noted();
    await setTimeout(2100);
    await openHistory(folder, openStamps(cache, folder, "1"));
    expect((await fieldsOf(place))[1]).toMatch(/^\d+ /);
  });

  it("is believed by its content when only the times are others, as in a fresh checkout or an image", async () => {
    const { file, recall, known } = await noted();
    await writeFile(file.path, await readFile(file.path));
    expect(recall()).toEqual(known);
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
    ["of another folder", (text: string) => text.replace(/"\//, '"/other/')],
    ["cut off", (text: string) => text.slice(0, -1)],
    ["cut short", (text: string) => text.replace(/\t[^\t]*$/, "\n")],
    ["without a checksum", (text: string) => text.replace(/\t[0-9a-f]{64}\t/, "\t\t")],
    ["of other types", (text: string) => text.replace("true\tnull", "1\t{}")],
  ])("is forgotten when the notes are %s", async (_, change) => {
    const { place, recall } = await noted();
    await rewrite(place, change);
    expect(recall()).toBeUndefined();
  });

  it("is forgotten when others may have written the notes", async () => {
    const { place, recall } = await noted();
    await chmod(place, 0o666);
    expect(recall()).toBeUndefined();
  });

  it("is not noted of a file that depends on more than its text", async () => {
    const { recall } = await noted({
      "M1.ts": edited.replace("override async up", "// process\n  override async up"),
    });
    expect(recall()).toBeUndefined();
  });

  it("costs nothing but time where it cannot be kept", async () => {
    const folder = await folderOf({ M1: content, "cache.txt": "a file where a folder is wanted" });
    const stamps = openStamps(path.join(folder, "cache.txt"), folder, "1");
    const history = await openHistory(folder, stamps);
    await history.load("M1");
    expect(() => stamps.keep()).not.toThrow();
    await addFiles(folder, { M2: content });
    expect((await openHistory(folder, stamps)).known()).toHaveLength(2);
  });
});
