import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { ConfigurationError } from "./errors.ts";
import { type Manifest, manifestFile, readManifest } from "./manifest.ts";

/** A migration's file, not opened yet. */
export interface MigrationFile {
  /** The file's name without `.ts` or `.js`, as the ledger records it. */
  readonly name: string;
  readonly path: string;
}

/** The migrations folder as it stands on disk. */
export interface MigrationFolder {
  readonly directory: string;
  /** In the stock migrator's order: that of the files' names. */
  readonly files: readonly MigrationFile[];
  /** Undefined: the folder has none, and nothing is held against it. */
  readonly manifest: Manifest | undefined;
}

// The stock migrator's glob, `!(*.d).{js,ts,cjs}`: everything else in the folder is none of its business.
const isMigrationFile = (name: string) => /\.(js|ts|cjs)$/.test(name) && !/^\.|\.d\.(js|ts|cjs)$/.test(name);

/**
 * Lists a folder of migrations and reads its manifest; a migration that is being written meanwhile is there in both or in
 * neither. Throws a `ConfigurationError` when there is no such folder.
 */
export async function discover(directory: string): Promise<MigrationFolder> {
  for (;;) {
    const version = await versionOf(directory);
    const manifest = await readManifest(directory);
    const entries = await readEntries(directory);
    const listed = new Set(manifest?.migrations.map(({ name }) => name));
    const unfinished = new Set(pendingOf(entries).filter((name) => !listed.has(name)));
    const files = toFiles(directory, entries).filter(({ name }) => !unfinished.has(name));
    if (version === (await versionOf(directory))) return { directory, files, manifest };
  }
}

/** Another one whenever the manifest was replaced. */
async function versionOf(directory: string): Promise<string> {
  const { ino, mtimeMs } = await stat(path.join(directory, manifestFile)).catch(() => ({ ino: 0, mtimeMs: 0 }));
  return `${ino} ${mtimeMs}`;
}

/** The migrations of a folder by their files alone. */
export async function listFiles(directory: string): Promise<MigrationFile[]> {
  return toFiles(directory, await readEntries(directory));
}

function toFiles(directory: string, entries: readonly string[]): MigrationFile[] {
  const names = entries.filter(isMigrationFile).toSorted();
  return names.map((name) => ({ name: name.replace(/\.[jt]s$/, ""), path: path.join(directory, name) }));
}

/** The migrations that `create` began to write: until the manifest lists them, they are not there. */
export function pendingOf(entries: readonly string[]): string[] {
  return entries.flatMap((entry) => /^\.(.+)\.pending$/.exec(entry)?.[1] ?? []);
}

async function readEntries(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw explain(directory, error);
  });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

function explain(directory: string, { code, message }: NodeJS.ErrnoException): ConfigurationError {
  if (code === "ENOENT")
    return new ConfigurationError(
      `The migrations folder ${directory} does not exist: check --migrations or the configuration`,
    );
  if (code === "ENOTDIR") return new ConfigurationError(`${directory} is a file: --migrations takes a folder`);
  return new ConfigurationError(`The migrations folder ${directory} cannot be read: ${message}`);
}
