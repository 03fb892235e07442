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

/** Lists a folder of migrations and reads its manifest. Throws a `ConfigurationError` when there is no such folder. */
export async function discover(directory: string): Promise<MigrationFolder> {
  const [files, manifest] = await Promise.all([listFiles(directory), readManifest(directory)]);
  return { directory, files, manifest };
}

/** The migrations of a folder by their files alone. */
export async function listFiles(directory: string): Promise<MigrationFile[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw explain(directory, error);
  });
  const names = entries.filter((entry) => entry.isFile() && isMigrationFile(entry.name)).map((entry) => entry.name);
  return names.toSorted().map((name) => ({ name: name.replace(/\.[jt]s$/, ""), path: path.join(directory, name) }));
}

function explain(directory: string, { code, message }: NodeJS.ErrnoException): ConfigurationError {
  if (code === "ENOENT")
    return new ConfigurationError(
      `The migrations folder ${directory} does not exist: check --migrations or the configuration`,
    );
  if (code === "ENOTDIR") return new ConfigurationError(`${directory} is a file: --migrations takes a folder`);
  return new ConfigurationError(`The migrations folder ${directory} cannot be read: ${message}`);
}
