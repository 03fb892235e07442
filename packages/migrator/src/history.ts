import type { KnownMigration } from "./check.ts";
import { type MigrationFile, type MigrationFolder, discover } from "./discover.ts";
import { ConfigurationError } from "./errors.ts";
import type { AppliedMigration } from "./ledger.ts";
import { type LoadedMigration, loadMigration } from "./load.ts";

/** A folder whose files are read as far as somebody asked for them. */
export interface History {
  readonly folder: MigrationFolder;
  /** One entry a file, oldest first; what is not read yet is null. */
  known(): KnownMigration[];
  /** Reads a migration's file, once. Throws a `BrokenMigrationError`. */
  load(name: string): Promise<LoadedMigration>;
  /** Reads every file that something is held against: a checksum in the ledger, or a manifest. */
  loadForChecks(applied: readonly AppliedMigration[]): Promise<void>;
}

/** Opens a folder of migrations. Throws a `ConfigurationError` when there is none, or none in it. */
export async function openHistory(directory: string): Promise<History> {
  const folder = await discover(directory);
  if (folder.files.length === 0)
    throw new ConfigurationError(
      `The migrations folder ${directory} holds no migration: create one with "migrator create NAME", or check --migrations`,
    );
  return readFolder(folder);
}

/** The same for a folder that may be empty. */
export function readFolder(folder: MigrationFolder): History {
  const loaded = new Map<string, LoadedMigration>();
  const files = new Map<string, MigrationFile>(folder.files.map((file) => [file.name, file]));
  const load = async (name: string) => {
    const file = files.get(name);
    if (!file) throw new ConfigurationError(`There is no file for ${name} in ${folder.directory}`);
    const migration = loaded.get(name) ?? (await loadMigration(file));
    loaded.set(name, migration);
    return migration;
  };
  const known = () =>
    folder.files.map(({ name }): KnownMigration => {
      const migration = loaded.get(name);
      if (!migration) return { name, checksum: null, reversible: null };
      return {
        name,
        checksum: migration.checksum,
        reversible: migration.down !== null,
        irreversible: migration.irreversible,
      };
    });
  const loadForChecks = async (applied: readonly AppliedMigration[]) => {
    const checked = new Set(applied.filter((row) => row.checksum !== null).map((row) => row.name));
    for (const { name } of folder.files) if (folder.manifest || checked.has(name)) await load(name);
  };
  return { folder, known, load, loadForChecks };
}
