import { nextVersion } from "./version.ts";
import { open, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { discover, listFiles, type MigrationFolder, pendingOf } from "./folder.ts";
import { ConfigurationError, MigratorError } from "../errors.ts";
import { loadMigration } from "./load.ts";
import { buildManifest, readManifest, writeManifest } from "./manifest.ts";
import { withFolderLock } from "./folder-lock.ts";

/** A migration to write, whose name is known only when it is written. */
export interface NewMigration {
  /** What stands behind the time stamp: `add_widgets`. */
  readonly words: string;
  render(name: string): string;
  /** The folder that it was made from, where it must not come behind another one than the last of these. */
  readonly madeFrom?: MigrationFolder | undefined;
}

/** A migration that was written. */
export interface WrittenMigration {
  readonly name: string;
  readonly file: string;
  readonly code: string;
}

/**
 * Writes a migration's file and its line in the manifest: both or none, whenever the run ends. While `.NAME.pending`
 * stands there, `discover` takes the file for real only when the manifest lists it; so the one step in which the manifest
 * takes its place is the step in which both appear.
 */
export async function writeMigration(directory: string, migration: NewMigration): Promise<WrittenMigration> {
  return await inFolder(directory, async () => {
    await clearUnfinished(directory, await readListed(directory));
    const folder = await discover(directory);
    if (migration.madeFrom) refuseChanged(migration.madeFrom, folder);
    const name = `Migration${nextVersion(folder.files)}_${migration.words}`;
    const written = { name, file: path.join(directory, `${name}.ts`), code: migration.render(name) };
    try {
      await writePair(folder, written);
    } catch (error) {
      await clearUnfinished(directory, await readListed(directory));
      throw error;
    }
    return written;
  });
}

/** Alone in the folder; what the file system refuses is said of the folder. */
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
    `The folder changed while the models were compared (${added.join(", ") || "a migration was removed"}): nothing was written; run "migrator create" again`,
  );
}

async function writePair(folder: MigrationFolder, { name, file, code }: WrittenMigration): Promise<void> {
  const { directory } = folder;
  const draft = path.join(directory, draftOf(name));
  const marker = path.join(directory, markerOf(name));
  // A folder that has migrations and no manifest stays without one.
  const listed = folder.manifest !== undefined || folder.files.length === 0;
  await writeFile(draft, code, { flag: "wx", flush: true });
  const { checksum } = await loadMigration({ name, path: draft });
  if (listed) await writeFile(marker, "", { flag: "wx", flush: true });
  await rename(draft, file);
  await flushFolder(directory);
  if (!listed) return;
  await writeManifest(directory, buildManifest([...(folder.manifest?.migrations ?? []), { name, checksum }]));
  await flushFolder(directory);
  await rm(marker);
}

const draftOf = (name: string) => `.${name}.new.ts`;
const markerOf = (name: string) => `.${name}.pending`;

type IsListed = (name: string) => boolean;

async function readListed(directory: string): Promise<IsListed> {
  const listed = new Set((await readManifest(directory))?.migrations.map(({ name }) => name));
  return (name) => listed.has(name);
}

/** Of a manifest that cannot be read nobody can say what it lists; a migration is whole once it has its name. */
async function guessListed(directory: string): Promise<IsListed> {
  return await readListed(directory).catch(() => () => true);
}

/** Takes away what a run left that was killed, under the folder's lock. */
async function clearUnfinished(directory: string, isListed: IsListed): Promise<void> {
  const entries = await readdir(directory);
  const remove = async (name: string) => await rm(path.join(directory, name), { force: true });
  for (const entry of entries)
    if (/^\.Migration.*\.new\.ts$|^manifest\.json\..*\.tmp$/.test(entry)) await remove(entry);
  for (const name of pendingOf(entries)) {
    if (!isListed(name)) await remove(`${name}.ts`);
    // Only then: until the file is gone, the marker hides it.
    await remove(markerOf(name));
  }
}

/** So that a power cut does not undo a rename and keep a later one. */
async function flushFolder(directory: string): Promise<void> {
  // Windows does not open folders, and needs no flush of them.
  const handle = await open(directory, "r").catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/** Writes the manifest of a folder anew, from its files as they are now. Gives how many migrations it lists. */
export async function rewriteManifest(directory: string): Promise<number> {
  return await inFolder(directory, async () => {
    await clearUnfinished(directory, await guessListed(directory));
    const files = await listFiles(directory);
    const entries = await Promise.all(files.map(loadMigration));
    await writeManifest(directory, buildManifest(entries));
    return entries.length;
  });
}
