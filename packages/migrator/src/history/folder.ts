// Without promises: a start loads what they need for nothing else, and waits for nobody meanwhile.
import { type Dirent, readdirSync, readFileSync, readlinkSync, type Stats, statSync } from "node:fs";
import path from "node:path";
import { ConfigurationError } from "../errors.ts";
import { compareNames } from "./version.ts";
import { type Manifest, manifestFile, readManifest, refuseSpecial } from "./manifest.ts";

/** A class that extends MikroORM's `Migration`. */
export type ListedClass = new (...parameters: never[]) => { up(): void | Promise<void> };

/** A migration that a program gives itself, as a class or as SQL. */
export type ListedMigration =
  | { readonly name: string; readonly class: ListedClass }
  | {
      readonly name: string;
      /** One statement an entry. */
      readonly up: readonly string[];
      /** Null or left out: it cannot be reverted. */
      readonly down?: readonly string[] | null | undefined;
      /** True unless told: the migration is all done or not at all. */
      readonly transactional?: boolean | undefined;
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
  /** In the stock migrator's order, that of the files' names; with plain SQL among them, in that of their versions. */
  readonly files: readonly MigrationFile[];
  /** Undefined: the folder has none, and nothing is held against it. */
  readonly manifest: Manifest | undefined;
}

/**
 * The stock migrator's glob, `!(*.d).{js,ts,cjs}`, and plain SQL whose name begins with a version; everything else in the
 * folder is none of its business.
 */
export function isMigrationFile(name: string): boolean {
  return (/\.(js|ts|cjs)$/.test(name) && !/^\.|\.d\.(js|ts|cjs)$/.test(name)) || isSql(name);
}

const isSql = (name: string) => /^(Migration|V)?\d.*\.sql$/.test(name);

/**
 * Lists a folder of migrations and reads its manifest; a migration that is being written meanwhile is there in both or in
 * neither. Throws a `ConfigurationError` when there is no such folder.
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

/** Another one whenever the manifest was replaced. */
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

/** The migrations of a folder by their files alone. */
export async function listFiles(directory: string): Promise<MigrationFile[]> {
  return toFiles(directory, readEntries(directory));
}

function toFiles(directory: string, entries: readonly string[]): MigrationFile[] {
  const names = order(entries.filter((name) => isMigrationFile(name) && !isWayBack(name, entries)));
  // Once: for a thousand files the joining takes longer than the listing.
  const folder = path.join(directory, path.sep);
  return names.map((name) => ({ name: name.replace(/\.([jt]s|(up\.)?sql)$/, ""), path: folder + name }));
}

/** `NAME.down.sql` belongs to `NAME.up.sql`. */
function isWayBack(name: string, entries: readonly string[]): boolean {
  return name.endsWith(".down.sql") && entries.includes(name.replace(/down\.sql$/, "up.sql"));
}

/** Classes are called `Migration2024…` and SQL files `2024…`: among each other, what counts is the version. */
function order(names: readonly string[]): string[] {
  return names.some(isSql) ? names.toSorted(compareNames) : names.toSorted();
}

/** The migrations that `create` began to write: until the manifest lists them, they are not there. */
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
 * Kubernetes mounts each file of a ConfigMap as a link. Throws where a migration or manifest is a link that is dangling,
 * or has the place of a file and is none.
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
    const message = `${link} is a link to ${readlinkSync(link)}, which cannot be read: put the file there, or take the link away`;
    throw new ConfigurationError(message, { cause });
  }
}

/** What stands in a migration's file; nothing where it cannot be read, for its import says why. */
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
