import { mkdir } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { folderOf, temporaryFolder } from "../test/support.ts";
import { discover } from "./discover.ts";
import { ConfigurationError } from "./errors.ts";
import { buildManifest, manifestFile } from "./manifest.ts";

it("lists migrations in the order of their files' names", async () => {
  const folder = await folderOf({ "M3_a.ts": "", "M1_c.js": "", "M2_b.ts": "" });
  expect(await discover(folder)).toEqual({
    directory: folder,
    files: [
      { name: "M1_c", path: path.join(folder, "M1_c.js") },
      { name: "M2_b", path: path.join(folder, "M2_b.ts") },
      { name: "M3_a", path: path.join(folder, "M3_a.ts") },
    ],
    manifest: undefined,
  });
});

it("opens no file, so that one with an error in it is listed too", async () => {
  const { files } = await discover(await folderOf({ "M1_a.ts": "this is no TypeScript" }));
  expect(files).toHaveLength(1);
});

it("ignores what the stock migrator ignores", async () => {
  const folder = await folderOf({
    "M1_a.ts": "",
    "M1_a.d.ts": "",
    ".M2_hidden.ts": "",
    ".snapshot-db.json": "{}",
    "M3_a.js.map": "{}",
    "M4_a.mjs": "",
    "README.md": "",
    "M5_a.sql": "",
  });
  await mkdir(path.join(folder, "M6_folder.ts"));
  expect((await discover(folder)).files.map(({ name }) => name)).toEqual(["M1_a"]);
});

it("lists a .cjs file under the name that the stock migrator gives it", async () => {
  expect((await discover(await folderOf({ "M1_a.cjs": "" }))).files[0]?.name).toBe("M1_a.cjs");
});

it("reads the manifest beside the files", async () => {
  const manifest = buildManifest([{ name: "M1", checksum: "s" }]);
  expect((await discover(await folderOf({ [manifestFile]: JSON.stringify(manifest) }))).manifest).toEqual(manifest);
});

it("refuses a folder that does not exist, and names it", async () => {
  const missing = path.join(await temporaryFolder(), "nowhere");
  await expect(discover(missing)).rejects.toThrow(ConfigurationError);
  await expect(discover(missing)).rejects.toThrow(`The migrations folder ${missing} does not exist`);
});

it("refuses a file in place of a folder", async () => {
  const folder = await folderOf({ "M1_a.ts": "" });
  await expect(discover(path.join(folder, "M1_a.ts"))).rejects.toThrow(ConfigurationError);
});
