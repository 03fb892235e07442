import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { folderOf, temporaryFolder } from "../../test/support.ts";
import { ConfigurationError } from "../errors.ts";
import { buildManifest, findBrokenLinks, manifestFile, readManifest, writeManifest } from "./manifest.ts";

const history = ["M1", "M2", "M3"].map((name) => ({ name, checksum: `sum of ${name}` }));
const manifest = buildManifest(history);

describe("buildManifest", () => {
  it("gives the same chain for the same history", () => {
    expect(buildManifest(history)).toEqual(manifest);
  });

  it("changes every link from an edited entry on", () => {
    const edited = buildManifest(history.with(1, { name: "M2", checksum: "another" }));
    const same = edited.migrations.map(({ link }, index) => link === manifest.migrations[index]?.link);
    expect(same).toEqual([true, false, false]);
  });

  it("lets two branches that both add a migration differ in their last line", () => {
    const [ours, theirs] = ["M4_ours", "M4_theirs"].map((name) => buildManifest([...history, { name, checksum: "s" }]));
    expect(ours?.migrations.slice(0, 3)).toEqual(theirs?.migrations.slice(0, 3));
    expect(ours?.migrations[3]?.link).not.toBe(theirs?.migrations[3]?.link);
  });
});

describe("findBrokenLinks", () => {
  const [first, second, third] = manifest.migrations;
  const entries = [first, second, third].flatMap((entry) => entry ?? []);
  it.each([
    { what: "none in a sound chain", migrations: entries, broken: [] },
    { what: "the entry after one that was taken out", migrations: entries.toSpliced(1, 1), broken: ["M3"] },
    {
      what: "the entry whose checksum was edited",
      migrations: entries.map((entry) => (entry === second ? { ...entry, checksum: "x" } : entry)),
      broken: ["M2"],
    },
    {
      what: "the entry whose name was edited",
      migrations: entries.map((entry) => (entry === first ? { ...entry, name: "M0" } : entry)),
      broken: ["M0"],
    },
    { what: "entries that were moved", migrations: entries.toReversed(), broken: ["M3", "M2", "M1"] },
  ])("finds $what", ({ migrations, broken }) => {
    expect(findBrokenLinks({ version: 1, migrations })).toEqual(broken);
  });
});

describe("readManifest", () => {
  it("gives undefined where there is none", async () => {
    expect(await readManifest(await temporaryFolder())).toBeUndefined();
  });

  it("reads what writeManifest wrote, and nothing else is left in the folder", async () => {
    const folder = await temporaryFolder();
    await writeManifest(folder, manifest);
    expect(await readManifest(folder)).toEqual(manifest);
    expect(await readdir(folder)).toEqual([manifestFile]);
    expect(await readFile(path.join(folder, manifestFile), "utf8")).toMatch(/\}\n$/);
  });

  it.each([
    { what: "no JSON", text: "{", message: "is not valid JSON" },
    {
      what: "a merge conflict",
      text: '{\n<<<<<<< HEAD\n"a"\n=======\n"b"\n>>>>>>> theirs\n}',
      message: "has a merge conflict",
    },
    { what: "another version", text: '{"version": 2, "migrations": []}', message: "is not a manifest of version 1" },
    { what: "null", text: "null", message: "is not a manifest of version 1" },
    { what: "an array", text: "[]", message: "is not a manifest of version 1" },
    {
      what: "an entry without a link",
      text: '{"version": 1, "migrations": [{"name": "M1", "checksum": "s"}]}',
      message: "is not a manifest",
    },
  ])("refuses $what and names the file", async ({ text, message }) => {
    const folder = await folderOf({ [manifestFile]: text });
    const reading = readManifest(folder);
    await expect(reading).rejects.toThrow(ConfigurationError);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toThrow(path.join(folder, manifestFile));
  });
});
