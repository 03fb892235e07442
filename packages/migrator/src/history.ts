import { statSync } from "node:fs";
import type { KnownApplication, KnownMigration } from "./check.ts";
import { discover, type MigrationFile, type MigrationFolder, readSource } from "./discover.ts";
import { ConfigurationError } from "./errors.ts";
import type { LoadedMigration } from "./load.ts";
import type { Stamps } from "./stamps.ts";

/** A folder whose files are read as far as somebody asked for them. */
export interface History {
  readonly folder: MigrationFolder;
  /** True when no file was opened, nor any other that one depends on: all are as an earlier run has read them. */
  readonly recalled: boolean;
  /** One entry a file, oldest first; what is not read yet, and not known from an earlier run, is null. */
  known(): readonly KnownMigration[];
  /** Reads a migration's file, once. Throws a `BrokenMigrationError`. */
  load(name: string): Promise<LoadedMigration>;
  /** Knows every file that something is held against: a checksum in the ledger, or a manifest. */
  loadForChecks(applied: readonly KnownApplication[]): Promise<void>;
}

/**
 * Opens a folder of migrations. With `stamps`, files that are as they were in an earlier run are not opened. Throws
 * a `ConfigurationError` when there is no such folder, or no migration in it.
 */
export async function openHistory(directory: string, stamps?: Stamps): Promise<History> {
  return readFolder(await openFolder(directory), stamps);
}

/** The first half of it: lists the folder, and looks at no migration yet. Throws like `openHistory`. */
export async function openFolder(directory: string): Promise<MigrationFolder> {
  const folder = await discover(directory);
  if (folder.files.length === 0)
    throw new ConfigurationError(
      `The migrations folder ${directory} holds no migration: create one with "migrator create NAME", or check --migrations`,
    );
  return folder;
}

/** The other half, also for a folder that is empty. */
export function readFolder(folder: MigrationFolder, stamps?: Stamps): History {
  const loaded = new Map<string, LoadedMigration>();
  const files = new Map<string, MigrationFile>(folder.files.map((file) => [file.name, file]));
  const facts = new Map<string, KnownMigration>();
  for (const file of stamps ? folder.files : []) {
    const fact = stamps?.recall(file);
    if (fact) facts.set(file.name, fact);
  }
  const recalled = facts.size === folder.files.length;
  // What was too new to be trusted by its stamp may be old enough by now.
  stamps?.keep();
  const load = async (name: string) => {
    const file = files.get(name);
    if (!file) throw new ConfigurationError(`There is no file for ${name} in ${folder.directory}`);
    const migration = loaded.get(name) ?? (await read(file, stamps, facts.get(name)));
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
    stamps?.keep();
  };
  return { folder, recalled, known, load, loadForChecks };
}

async function read(file: MigrationFile, stamps?: Stamps, recalled?: KnownMigration): Promise<LoadedMigration> {
  // Where nothing is to be read, what reads is not loaded.
  const { loadFromSource } = await import("./load.ts");
  // Before it is read: what is changed from here on is a change.
  const before = stamps && statSync(file.path, { throwIfNoEntry: false });
  const source = readSource(file);
  const { migration, selfContained } = await loadFromSource(file, source.toString());
  if (before && selfContained && recalled?.checksum !== migration.checksum)
    stamps?.note(file, before, source, factsOf(migration));
  return migration;
}

function factsOf({ name, checksum, down, irreversible }: LoadedMigration): KnownMigration {
  return { name, checksum, reversible: down !== null, irreversible };
}
