import { execFileSync } from "node:child_process";
import { mkdir, rename, symlink, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { addFiles, folderOf, temporaryFolder } from "../../test/support.ts";
import { discover } from "./folder.ts";
import { ConfigurationError } from "../errors.ts";
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

it("takes a link to a file for the file, and leaves a link to a folder alone", async () => {
  const [folder, elsewhere] = [await temporaryFolder(), await folderOf({ "M1_a.ts": "" })];
  await symlink(path.join(elsewhere, "M1_a.ts"), path.join(folder, "M2_b.ts"));
  await symlink(elsewhere, path.join(folder, "M3_c.ts"));
  expect((await discover(folder)).files.map(({ name }) => name)).toEqual(["M2_b"]);
});

it("lists a folder as Kubernetes mounts a ConfigMap: links through a link that is swapped", async () => {
  const folder = await temporaryFolder();
  const mount = async (version: string, files: readonly string[]) => {
    await mkdir(path.join(folder, version));
    await addFiles(path.join(folder, version), Object.fromEntries(files.map((file) => [file, ""])));
    await symlink(version, path.join(folder, "..data_tmp"));
    await rename(path.join(folder, "..data_tmp"), path.join(folder, "..data"));
    for (const file of files) await symlink(path.join("..data", file), path.join(folder, file)).catch(() => {});
  };
  await mount("..2025_01_01", ["M1_a.ts"]);
  expect((await discover(folder)).files.map(({ name }) => name)).toEqual(["M1_a"]);
  await mount("..2025_01_02", ["M1_a.ts", "M2_b.ts"]);
  expect((await discover(folder)).files.map(({ name }) => name)).toEqual(["M1_a", "M2_b"]);
});

it.each([
  ["that leads nowhere", "M1_a.ts", "nowhere.ts"],
  ["to itself", "M1_a.ts", "M1_a.ts"],
  ["in place of the manifest that leads nowhere", manifestFile, "nowhere.json"],
])("refuses a link %s, and names it", async (_, name, target) => {
  const folder = await temporaryFolder();
  await symlink(target, path.join(folder, name));
  const expected = new ConfigurationError(
    `${path.join(folder, name)} is a link to ${target}, which cannot be read: restore the file, or delete the link`,
  );
  await expect(discover(folder)).rejects.toThrow(expected);
});

it.each(["M1_a.ts", manifestFile])("refuses a pipe or a device in place of %s, and waits for neither", async (name) => {
  const [pipes, devices] = [await temporaryFolder(), await temporaryFolder()];
  execFileSync("mkfifo", [path.join(pipes, name)]);
  await symlink("/dev/zero", path.join(devices, name));
  for (const folder of [pipes, devices]) {
    const refusal = `${path.join(folder, name)} is a pipe, a socket or a device: put a file there, or a link to one`;
    await expect(discover(folder)).rejects.toThrow(new ConfigurationError(refusal));
  }
});

it("refuses a manifest that is larger than any history, and takes a link to a sound one", async () => {
  const [folder, elsewhere] = [
    await temporaryFolder(),
    await folderOf({ "M1.json": JSON.stringify(buildManifest([])) }),
  ];
  const file = path.join(folder, manifestFile);
  await symlink(path.join(elsewhere, "M1.json"), file);
  expect((await discover(folder)).manifest).toEqual(buildManifest([]));
  await writeFile(file, "");
  await truncate(file, 10_000_000_000);
  await expect(discover(folder)).rejects.toThrow(
    `${file} has 10,000,000,000 bytes, more than the limit of 64 MiB for a manifest`,
  );
});
