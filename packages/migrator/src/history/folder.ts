// Synchronous: a start would load `node:fs/promises` for nothing else, and has nothing to do meanwhile.
import { type Dirent, readdirSync, readFileSync, readlinkSync, type Stats, statSync } from "node:fs";
import path from "node:path";
import { ConfigurationError } from "../errors.ts";
import { compareNames } from "./version.ts";
import { type Manifest, manifestFile, readManifest, refuseSpecial } from "./manifest.ts";

/** A class that extends MikroORM's `Migration`. */
export type ListedClass = new (...parameters: never[]) => { up(): void | Promise<void> };

/** A migration that a program gives itself, as a class or as SQL. */
export type ListedMigration = (
  | { readonly name: string; readonly class: ListedClass }
  | {
      readonly name: string;
      /** One statement per entry. */
      readonly up: readonly string[];
      /** Null or left out: it cannot be reverted. */
      readonly down?: readonly string[] | null | undefined;
      /** Default true: the migration is done in full or not at all. */
      readonly transactional?: boolean | undefined;
    }
) & {
  /** True: in a database with a schema per tenant it runs once for the database; as `@shared` says in a file. */
  readonly shared?: boolean | undefined;
};

/** A migration's file, not opened yet. */
export interface MigrationFile {
  /** The file's name without `.ts`, `.js`, `.sql` or `.up.sql`, as the ledger records it. */
  readonly name: string;
  readonly path: string;
  /** What a program gave in place of a file. */
  readonly listed?: ListedMigration | undefined;
}

/** The migrations folder as it stands on disk. */
export interface MigrationFolder {
  readonly directory: string;
  /** In the stock migrator's order, by file name; by version where plain SQL is among them. */
  readonly files: readonly MigrationFile[];
  /** Undefined: the folder has none, and nothing is compared with it. */
  readonly manifest: Manifest | undefined;
}

/**
 * True for the stock migrator's glob, `!(*.d).{js,ts,cjs}`, and for plain SQL whose name begins with a version; any
 * other file is ignored.
 */
export function isMigrationFile(name: string): boolean {
  return (/\.(js|ts|cjs)$/.test(name) && !/^\.|\.d\.(js|ts|cjs)$/.test(name)) || isSql(name);
}

const isSql = (name: string) => /^(Migration|V)?\d.*\.sql$/.test(name);

/**
 * Lists a folder of migrations and reads its manifest; a migration that is being written appears in both or in neither.
 * Throws a `ConfigurationError` when there is no such folder.
 */
export async function discover(directory: string): Promise<MigrationFolder> {
  for (;;) {
    const state = readState(directory);
    const manifest = await readManifest(directory);
    const entries = readEntries(directory);
    const listed = new Set(manifest?.migrations.map(({ name }) => name));
    const unfinished = new Set(pendingOf(entries).filter((name) => !listed.has(name)));
    const files = toFiles(directory, entries).filter(({ name }) => !unfinished.has(name));
    if (state === readState(directory)) return { directory, files, manifest };
  }
}

/** A text that changes whenever the manifest is replaced. */
function readState(directory: string): string {
  try {
    const stats = statSync(path.join(directory, manifestFile), { throwIfNoEntry: false });
    return `${stats?.ino} ${stats?.mtimeMs}`;
  } catch (error) {
    throw explain(directory, error as NodeJS.ErrnoException);
  }
}

/** A list of migrations, in the order in which they are applied, in place of a folder. */
export function folderOfList(list: readonly ListedMigration[]): MigrationFolder {
  const files = list.map((listed): MigrationFile => ({ name: listed.name, path: listed.name, listed }));
  return { directory: "the program's list of migrations", files, manifest: undefined };
}

/** Lists the migrations of a folder without reading the manifest. */
export async function listFiles(directory: string): Promise<MigrationFile[]> {
  return toFiles(directory, readEntries(directory));
}

function toFiles(directory: string, entries: readonly string[]): MigrationFile[] {
  const names = order(entries.filter((name) => isMigrationFile(name) && !isWayBack(name, entries)));
  // Joined once: for a thousand files, joining takes longer than the listing.
  const folder = path.join(directory, path.sep);
  return names.map((name) => ({ name: name.replace(/\.([jt]s|(up\.)?sql)$/, ""), path: folder + name }));
}

/** `NAME.down.sql` belongs to `NAME.up.sql`. */
function isWayBack(name: string, entries: readonly string[]): boolean {
  return name.endsWith(".down.sql") && entries.includes(name.replace(/down\.sql$/, "up.sql"));
}

/** Classes are called `Migration2024…` and SQL files `2024…`: where both are there, the version decides. */
function order(names: readonly string[]): string[] {
  return names.some(isSql) ? names.toSorted(compareNames) : names.toSorted();
}

/** The names of migrations that `create` began to write; they count only once the manifest lists them. */
export function pendingOf(entries: readonly string[]): string[] {
  return entries.flatMap((entry) => /^\.(.+)\.pending$/.exec(entry)?.[1] ?? []);
}

function readEntries(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile() || leadsToFile(directory, entry)).map(({ name }) => name);
  } catch (error) {
    throw error instanceof ConfigurationError ? error : explain(directory, error as NodeJS.ErrnoException);
  }
}

/**
 * True for a link to a file: Kubernetes mounts each file of a ConfigMap as one. Throws a `ConfigurationError` where a
 * migration or manifest is a dangling link, a pipe, a socket or a device.
 */
function leadsToFile(directory: string, entry: Dirent): boolean {
  if (!(isMigrationFile(entry.name) || entry.name === manifestFile)) return false;
  const link = path.join(directory, entry.name);
  const stats = statLink(link);
  if (!stats.isDirectory()) refuseSpecial(link, stats);
  return stats.isFile();
}

function statLink(link: string): Stats {
  try {
    return statSync(link);
  } catch (cause) {
    const message = `${link} is a link to ${readlinkSync(link)}, which cannot be read: restore the file, or delete the link`;
    throw new ConfigurationError(message, { cause });
  }
}

/** The content of a migration's file; empty where it cannot be read, because the import reports why. */
export function readSource(file: MigrationFile): Buffer {
  if (file.listed) return Buffer.alloc(0);
  try {
    return readFileSync(file.path);
  } catch {
    return Buffer.alloc(0);
  }
}

function explain(directory: string, { code, message }: NodeJS.ErrnoException): ConfigurationError {
  if (code === "ENOENT")
    return new ConfigurationError(
      `The migrations folder ${directory} does not exist: check --migrations or the configuration`,
    );
  if (code === "ENOTDIR") return new ConfigurationError(`${directory} is a file: --migrations takes a folder`);
  return new ConfigurationError(`The migrations folder ${directory} cannot be read: ${message}`);
}
