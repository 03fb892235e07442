import { execFile, execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { defineEntity, p } from "@mikro-orm/core";
import { checkProject } from "../src/commands/check.ts";
import { create, rewriteManifest } from "../src/commands/create.ts";
import { discover } from "../src/history/folder.ts";
import type { MigratorError } from "../src/errors.ts";
import { manifestFile } from "../src/history/manifest.ts";
import { contextOf, folderOf, temporaryFolder } from "./support.ts";

const runner = path.resolve(import.meta.dirname, "create-runner.ts");
const run = promisify(execFile);
const noServer = { servers: [] };

interface Answer {
  readonly name?: string;
  readonly calls?: number;
  readonly error?: string;
  readonly code?: string;
}

/** `create --blank` in a process of its own, which dies at this call to the file system. */
const createIn = async (folder: string, name: string, dieAt = 0): Promise<Answer | "killed"> => {
  const args = ["--conditions=@thedata/source", runner, folder, name, String(dieAt)];
  const died = (error: { signal?: string }) => {
    if (error.signal === "SIGKILL") return undefined;
    throw error;
  };
  const done = await run(process.execPath, args).catch(died);
  return done ? (JSON.parse(done.stdout) as Answer) : "killed";
};

/** That the folder is sound: what it lists is there, what is there is listed, and every migration loads. */
const expectSound = async (folder: string, count: number) => {
  const { files, manifest } = await discover(folder);
  expect(manifest?.migrations.map(({ name }) => name)).toEqual(files.map(({ name }) => name));
  expect(files).toHaveLength(count);
  expect(await problemsIn(folder)).toEqual([]);
};

/** What check finds, beside that a blank migration is still blank. */
const problemsIn = async (folder: string) => {
  const { problems } = await checkProject(contextOf("", folder), noServer);
  return problems.filter(({ code }) => code !== "empty");
};

/** What stands in a folder beside migrations and manifest. */
const strangers = async (folder: string) =>
  (await readdir(folder)).filter((name) => name.startsWith(".") || name.endsWith(".tmp"));

const readManifestOf = async (folder: string) => await readFile(path.join(folder, manifestFile), "utf8");

const blank = async (folder: string, name: string) =>
  await create(contextOf("", folder), { name, blank: true, shadow: noServer });

describe("create, killed", () => {
  const calls = 10;

  it("makes as many calls to the file system as the next test kills it at", async () => {
    const folder = await temporaryFolder();
    await blank(folder, "before");
    expect(await createIn(folder, "killed")).toMatchObject({ calls });
  });

  it.each(Array.from({ length: calls }, (_, index) => index + 1))(
    "at its call %i to the file system leaves both files or none, and the next run goes on",
    async (call) => {
      const folder = await temporaryFolder();
      const { name } = await blank(folder, "before");
      expect(await createIn(folder, "killed", call)).toBe("killed");
      const { files, manifest } = await discover(folder);
      expect(manifest?.migrations.map(({ name }) => name)).toEqual(files.map(({ name }) => name));
      expect(files[0]?.name).toBe(name);
      expect(await problemsIn(folder)).toEqual([]);

      await blank(folder, "after");
      await expectSound(folder, files.length + 1);
      expect(await strangers(folder)).toEqual([]);
    },
  );

  it("while it writes the first of all migrations leaves an empty folder, or one with both", async () => {
    for (let call = 1; call <= calls; call++) {
      const folder = await temporaryFolder();
      await createIn(folder, "first", call);
      const { files, manifest } = await discover(folder);
      expect((manifest?.migrations ?? []).map(({ name }) => name)).toEqual(files.map(({ name }) => name));
      await blank(folder, "after");
      await expectSound(folder, files.length + 1);
    }
  });

  it("in a folder without a manifest leaves a whole file or none", async () => {
    for (let call = 1; call <= 4; call++) {
      const folder = await folderOf({ Migration20240101000000_old: { up: ["select 1"], down: [] } });
      await createIn(folder, "killed", call);
      await blank(folder, "after");
      expect(await readdir(folder)).not.toContain(manifestFile);
      expect(await strangers(folder)).toEqual([]);
    }
  });

  it("leaves nothing that check --fix takes for a migration", async () => {
    for (let call = 1; call <= calls; call++) {
      const folder = await temporaryFolder();
      await blank(folder, "before");
      await createIn(folder, "killed", call);
      const count = await rewriteManifest(folder);
      await expectSound(folder, count);
      expect(await strangers(folder)).toEqual([]);
    }
  });
});

describe("check --fix", () => {
  it.each([
    ["has a merge conflict", (text: string) => `<<<<<<< HEAD\n${text}=======\n${text}>>>>>>> other\n`],
    ["was cut off", (text: string) => text.slice(0, 9)],
    ["is no manifest", () => "[]"],
  ])("writes a manifest anew that %s, and keeps every migration", async (_, spoil) => {
    const folder = await folderOf({});
    const names = [await createIn(folder, "one"), await createIn(folder, "two")].map((one) => (one as Answer).name);
    const manifest = path.join(folder, manifestFile);
    await writeFile(manifest, spoil(await readFile(manifest, "utf8")));
    // What a killed run left: nobody can say any more whether the manifest listed it.
    await writeFile(path.join(folder, `.${names[1]}.pending`), "");
    expect(await rewriteManifest(folder)).toBe(2);
    await expectSound(folder, 2);
  });
});

describe("create, several at once", () => {
  it.each([2, 10])("%i write a migration each, with stamps of their own", async (count) => {
    const folder = await temporaryFolder();
    const names = Array.from({ length: count }, (_, index) => `run_${index}`);
    const answers = await Promise.all(names.map((name) => createIn(folder, name)));
    expect(answers.filter((answer) => answer === "killed" || answer.error)).toEqual([]);
    await expectSound(folder, count);
    const stamps = (await discover(folder)).files.map(({ name }) => name.slice(9, 23));
    expect(new Set(stamps).size).toBe(count);
    expect(await strangers(folder)).toEqual([]);
  });

  it("write the difference once: the second one says that the folder changed", async () => {
    const folder = await temporaryFolder();
    const Shelf = defineEntity({ name: "Shelf", properties: { id: p.integer().primary() } });
    const context = contextOf("", folder, { ormOptions: { entities: [Shelf] } });
    const shadow = { servers: [inject("postgresDsn")] };
    const runs = await Promise.allSettled(["one", "two", "three"].map((name) => create(context, { name, shadow })));
    const written = runs.filter(({ status }) => status === "fulfilled");
    const refused = runs.flatMap((run) => (run.status === "rejected" ? [run.reason as Error] : []));
    expect(written).toHaveLength(1);
    expect(refused.map(({ message }) => message)).toEqual([
      expect.stringContaining("changed meanwhile (Migration"),
      expect.stringContaining("changed meanwhile (Migration"),
    ]);
    await expectSound(folder, 1);
  });

  it("wait for each other, and take a lock of another computer for one until it is old", async () => {
    const folder = await temporaryFolder();
    const lock = path.join(folder, ".create-1-00000000-0000-0000-0000-000000000000.lock");
    await writeFile(lock, "");
    const writing = blank(folder, "later");
    await sleep(300);
    expect(await readdir(folder)).not.toContain(manifestFile);
    await utimes(lock, 0, 0);
    await writing;
    await expectSound(folder, 1);
    expect(await strangers(folder)).toEqual([]);
  });

  it("are seen by a reader as if each came in one moment", async () => {
    const folder = await temporaryFolder();
    await blank(folder, "first");
    let done = false;
    const writing = Promise.all(["a", "b", "c", "d"].map((name) => createIn(folder, name))).finally(
      () => (done = true),
    );
    let looks = 0;
    while (!done) {
      const { files, manifest } = await discover(folder);
      expect(manifest?.migrations.map(({ name }) => name)).toEqual(files.map(({ name }) => name));
      looks++;
      await sleep(0);
    }
    await writing;
    expect(looks).toBeGreaterThan(10);
    await expectSound(folder, 5);
  });
});

describe("create, where it may not write", () => {
  const mount = (...args: string[]) => {
    try {
      execFileSync("mount", args, { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  };

  it("on a full disk leaves nothing and says so", async (test) => {
    const disk = await temporaryFolder();
    if (!mount("-t", "tmpfs", "-o", "size=64k,nr_inodes=64", "none", disk)) return test.skip();
    onTestFinished(() => void execFileSync("umount", [disk]));
    const folder = path.join(disk, "migrations");
    await mkdir(folder);
    await symlink(path.resolve(import.meta.dirname, "../node_modules"), path.join(disk, "node_modules"));
    await blank(folder, "before");
    const before = await readdir(folder);
    const manifest = await readManifestOf(folder);
    // Less and less room: it gives out at the lock, at the file, at its marker, at the manifest.
    const chunk = Buffer.alloc(4096);
    const filled: string[] = [];
    for (;;) {
      const file = path.join(disk, `filler${filled.length}`);
      if (
        !(await writeFile(file, chunk).then(
          () => true,
          () => false,
        ))
      )
        break;
      filled.push(file);
    }
    await rm(path.join(disk, `filler${filled.length}`), { force: true });
    const refusals: { code?: string; message: string; left: readonly string[]; manifest: string }[] = [];
    for (;;) {
      const refusal = await blank(folder, "full").then(
        () => undefined,
        (error: MigratorError) => error,
      );
      if (!refusal) break;
      const { code, message } = refusal;
      refusals.push({ code, message, left: await readdir(folder), manifest: await readManifestOf(folder) });
      await rm(filled.pop() ?? "");
    }
    const message = expect.stringMatching(/cannot be written: ENOSPC/);
    expect(refusals).toEqual(refusals.map(() => ({ code: "configuration", message, left: before, manifest })));
    expect(refusals.length).toBeGreaterThan(1);
    await expectSound(folder, 2);
  });

  it("in a folder that is read-only says so", async (test) => {
    const disk = await temporaryFolder();
    if (!mount("-t", "tmpfs", "-o", "ro", "none", disk)) return test.skip();
    onTestFinished(() => void execFileSync("umount", [disk]));
    await expect(blank(disk, "no")).rejects.toMatchObject({
      code: "configuration",
      message: expect.stringMatching(/cannot be written: EROFS/),
    });
  });
});
