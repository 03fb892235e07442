import { nextVersion } from "./version.ts";
import { open, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { discover, listFiles, type MigrationFile, type MigrationFolder, pendingOf, readSource } from "./folder.ts";
import { ConfigurationError, MigratorError } from "../errors.ts";
import { loadMigration } from "./load.ts";
import { buildManifest, readManifest, writeManifest } from "./manifest.ts";
import { withFolderLock } from "./folder-lock.ts";

/** A migration to write, whose name is known only when it is written. */
export interface NewMigration {
  /** The part of the name after the time stamp: `add_widgets`. */
  readonly words: string;
  render(name: string): string;
  /** The folder that it was made from; if the folder has changed since, nothing is written. Undefined: not checked. */
  readonly madeFrom?: MigrationFolder | undefined;
}

/** A migration that was written. */
export interface WrittenMigration {
  readonly name: string;
  readonly file: string;
  readonly code: string;
}

/**
 * Writes migrations' files and their entries in the manifest: all or none, whenever the run ends. While `.NAME.pending`
 * exists, `discover` ignores the file until the manifest lists it, so all appear in the one step in which the manifest
 * is renamed into place.
 */
export async function writeMigrations(
  directory: string,
  migrations: readonly NewMigration[],
): Promise<WrittenMigration[]> {
  return await inFolder(directory, async () => {
    await clearUnfinished(directory, await readListed(directory));
    const folder = await discover(directory);
    const [first] = migrations;
    if (first?.madeFrom) refuseChanged(first.madeFrom, folder);
    const written = nameMigrations(folder, migrations);
    try {
      await writeAll(folder, written);
    } catch (error) {
      await clearUnfinished(directory, await readListed(directory));
      throw error;
    }
    return written;
  });
}

/**
 * Puts migrations in the place of one, which was read as `source`, with their entries in the manifest: all at once or not at all,
 * whenever the run ends. Throws a `MigratorError` (refused) where the folder has changed, or has no manifest.
 */
export async function replaceMigration(
  madeFrom: MigrationFolder,
  { file, source }: { readonly file: MigrationFile; readonly source: string },
  migrations: readonly WrittenMigration[],
): Promise<void> {
  const { directory } = madeFrom;
  await inFolder(directory, async () => {
    await clearUnfinished(directory, await readListed(directory));
    const folder = await discover(directory);
    refuseChanged(madeFrom, folder);
    if (readSource(file).toString() !== source)
      throw new MigratorError(
        "refused",
        `${file.path} was edited meanwhile: nothing was written; run the command again`,
      );
    if (!folder.manifest)
      throw new MigratorError(
        "refused",
        `${directory} has no manifest, which puts all files in place at once: write one with "migrator check --fix"`,
      );
    try {
      await writeAll(folder, migrations, file.name);
    } catch (error) {
      await clearUnfinished(directory, await readListed(directory));
      throw error;
    }
  });
}

/** Names migrations one after another, behind all that the folder has, and renders them. */
export function nameMigrations(
  { directory, files }: Pick<MigrationFolder, "directory" | "files">,
  migrations: readonly NewMigration[],
): WrittenMigration[] {
  const written: WrittenMigration[] = [];
  for (const { words, render } of migrations) {
    const name = `Migration${nextVersion([...files, ...written])}_${words}`;
    written.push({ name, file: path.join(directory, `${name}.ts`), code: render(name) });
  }
  return written;
}

/**
 * Runs `work` under the folder's lock; what the file system refuses becomes a `ConfigurationError` about the folder.
 */
async function inFolder<Result>(directory: string, work: () => Promise<Result>): Promise<Result> {
  await listFiles(directory);
  return await withFolderLock(directory, work).catch((error: NodeJS.ErrnoException) => {
    if (error.syscall === undefined) throw error;
    throw new ConfigurationError(`The migrations folder ${directory} cannot be written: ${error.message}`, {
      cause: error,
    });
  });
}

function refuseChanged(before: MigrationFolder, now: MigrationFolder): void {
  const names = new Set(before.files.map(({ name }) => name));
  const added = now.files.map(({ name }) => name).filter((name) => !names.has(name));
  if (added.length === 0 && names.size === now.files.length) return;
  throw new MigratorError(
    "refused",
    `The folder changed meanwhile (${added.join(", ") || "a migration was removed"}): nothing was written; run the command again`,
  );
}

async function writeAll(
  folder: MigrationFolder,
  migrations: readonly WrittenMigration[],
  replaced?: string,
): Promise<void> {
  const { directory } = folder;
  // A folder that has migrations and no manifest stays without one.
  const listed = folder.manifest !== undefined || folder.files.length === 0;
  const entries: { name: string; checksum: string }[] = [...(folder.manifest?.migrations ?? [])];
  const added: typeof entries = [];
  for (const { name, code } of migrations) {
    const draft = path.join(directory, draftOf(name));
    await writeFile(draft, code, { flag: "wx", flush: true });
    const { checksum } = await loadMigration({ name, path: draft });
    added.push({ name, checksum });
  }
  const at = entries.findIndex(({ name }) => name === replaced);
  entries.splice(at < 0 ? entries.length : at, at < 0 ? 0 : 1, ...added);
  const marked = [...migrations.map(({ name }) => name), ...(replaced === undefined ? [] : [replaced])];
  if (listed)
    for (const name of marked) await writeFile(path.join(directory, markerOf(name)), "", { flag: "wx", flush: true });
  for (const { name, file } of migrations) await rename(path.join(directory, draftOf(name)), file);
  await flushFolder(directory);
  if (!listed) return;
  await writeManifest(directory, buildManifest(entries));
  await flushFolder(directory);
  // From here on it is hidden, because it is marked and no longer listed.
  if (replaced !== undefined) await rm(path.join(directory, `${replaced}.ts`));
  for (const name of marked) await rm(path.join(directory, markerOf(name)));
}

const draftOf = (name: string) => `.${name}.new.ts`;
const markerOf = (name: string) => `.${name}.pending`;

type IsListed = (name: string) => boolean;

async function readListed(directory: string): Promise<IsListed> {
  const listed = new Set((await readManifest(directory))?.migrations.map(({ name }) => name));
  return (name) => listed.has(name);
}

/** With an unreadable manifest, every migration counts as listed: a file that has its final name is complete. */
async function guessListed(directory: string): Promise<IsListed> {
  return await readListed(directory).catch(() => () => true);
}

/** Removes what a killed run left; call it under the folder's lock. */
async function clearUnfinished(directory: string, isListed: IsListed): Promise<void> {
  const entries = await readdir(directory);
  const remove = async (name: string) => await rm(path.join(directory, name), { force: true });
  for (const entry of entries)
    if (/^\.Migration.*\.new\.ts$|^(?:manifest|verdicts)\.json\..*\.tmp$/.test(entry)) await remove(entry);
  for (const name of pendingOf(entries)) {
    if (!isListed(name)) await remove(`${name}.ts`);
    // Last, because the marker hides the file until it is gone.
    await remove(markerOf(name));
  }
}

/** Flushes the folder, so that a power cut does not undo a rename and keep a later one. */
async function flushFolder(directory: string): Promise<void> {
  // Windows does not open folders, and needs no flush of them.
  const handle = await open(directory, "r").catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/** Rewrites the manifest of a folder from its current files. Returns how many migrations it lists. */
export async function rewriteManifest(directory: string): Promise<number> {
  return await inFolder(directory, async () => {
    await clearUnfinished(directory, await guessListed(directory));
    const files = await listFiles(directory);
    const entries = await Promise.all(files.map(loadMigration));
    await writeManifest(directory, buildManifest(entries));
    return entries.length;
  });
}
