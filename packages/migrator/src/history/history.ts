import type { KnownApplication } from "../ledger/ledger.ts";
import { discover, type MigrationFile, type MigrationFolder, readSource } from "./folder.ts";
import { ConfigurationError } from "../errors.ts";
import { isPart, type MigrationSource, openPart } from "./part.ts";
import type { MigrationCache } from "./cache.ts";
import type { LoadedMigration, KnownMigration } from "./load.ts";

/** A folder of migrations whose files are read on demand. */
export interface History {
  readonly folder: MigrationFolder;
  /** True when the cache knew every file: all are unchanged and depend on no other file. */
  readonly recalled: boolean;
  /**
   * One entry per file, oldest first; checksum and `reversible` are null where the file was neither read nor in the
   * cache.
   */
  known(): readonly KnownMigration[];
  /** Reads a migration's file, once. Throws a `BrokenMigrationError`. */
  load(name: string): Promise<LoadedMigration>;
  /** Reads every file that is compared with a checksum in the ledger, or with a manifest, unless the cache knows it. */
  loadForChecks(applied: readonly KnownApplication[]): Promise<void>;
  /** Writes the cache; `digest` is the history's, where it was found sound. */
  keep(digest?: string): void;
}

/**
 * Opens a folder of migrations. With `cache`, files unchanged since an earlier run are not opened. Throws a
 * `ConfigurationError` when there is no such folder, or no migration in it.
 */
export async function openHistory(migrations: MigrationSource, cache?: MigrationCache): Promise<History> {
  return readFolder(await openFolder(migrations), cache);
}

/** The first half of `openHistory`: lists the folder without reading a migration. Throws like `openHistory`. */
export async function openFolder(migrations: MigrationSource): Promise<MigrationFolder> {
  if (isPart(migrations)) return await openPart(migrations);
  const folder = typeof migrations === "string" ? await discover(migrations) : migrations;
  if (folder.files.length === 0)
    throw new ConfigurationError(
      typeof migrations === "string"
        ? `The migrations folder ${migrations} holds no migration: create one with "migrator create NAME", or check --migrations`
        : "The list of migrations is empty: give at least one, or a folder",
    );
  return folder;
}

/** The second half of `openHistory`; also takes an empty folder. */
export function readFolder(folder: MigrationFolder, cache?: MigrationCache): History {
  const loaded = new Map<string, LoadedMigration>();
  const files = new Map<string, MigrationFile>(folder.files.map((file) => [file.name, file]));
  const facts = new Map<string, KnownMigration>();
  for (const file of cache ? folder.files : []) {
    const fact = cache?.recall(file);
    if (fact) facts.set(file.name, fact);
  }
  const recalled = facts.size === folder.files.length;
  const load = async (name: string) => {
    const file = files.get(name);
    if (!file) throw new ConfigurationError(`There is no file for ${name} in ${folder.directory}`);
    const migration = loaded.get(name) ?? (await read(file, cache, facts.get(name)));
    loaded.set(name, migration);
    facts.set(name, factsOf(migration));
    all = undefined;
    return migration;
  };
  let all: readonly KnownMigration[] | undefined;
  const known = () =>
    (all ??= folder.files.map(({ name }) => facts.get(name) ?? { name, checksum: null, reversible: null }));
  const loadForChecks = async (applied: readonly KnownApplication[]) => {
    const checked = new Set(applied.filter((row) => row.checksum !== null).map((row) => row.name));
    for (const { name } of folder.files)
      if ((folder.manifest || checked.has(name)) && !facts.has(name)) await load(name);
    cache?.keep();
  };
  return { folder, recalled, known, load, loadForChecks, keep: (digest) => cache?.keep(digest) };
}

async function read(file: MigrationFile, cache?: MigrationCache, recalled?: KnownMigration): Promise<LoadedMigration> {
  // Loaded only where a file must be read.
  const { loadFromSource } = await import("./load.ts");
  const source = readSource(file);
  const { migration, selfContained } = await loadFromSource(file, source.toString(), recalled !== undefined);
  if (selfContained && !recalled) cache?.note(file, source, factsOf(migration));
  return migration;
}

function factsOf({ name, checksum, down, irreversible }: LoadedMigration): KnownMigration {
  return { name, checksum, reversible: down !== null, irreversible };
}
