import { readdir } from "node:fs/promises";
import path from "node:path";
import { ConfigurationError } from "./errors.ts";
import { type Manifest, readManifest } from "./manifest.ts";

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

/** Lists a folder of migrations. Throws a `ConfigurationError` when there is no such folder. */
export async function discover(directory: string): Promise<MigrationFolder> {
  const [entries, manifest] = await Promise.all([list(directory), readManifest(directory)]);
  const names = entries.filter((entry) => entry.isFile() && isMigrationFile(entry.name)).map((entry) => entry.name);
  const files = names.toSorted().map((name) => ({ name: name.replace(/\.[jt]s$/, ""), path: path.join(directory, name) }));
  return { directory, files, manifest };
}

async function list(directory: string) {
  return await readdir(directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") throw new ConfigurationError(`The migrations folder ${directory} does not exist: check --migrations or the configuration`);
    if (error.code === "ENOTDIR") throw new ConfigurationError(`${directory} is a file: --migrations takes a folder`);
    throw new ConfigurationError(`The migrations folder ${directory} cannot be read: ${error.message}`);
  });
}
