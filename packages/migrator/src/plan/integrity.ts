import type { Plan } from "../report.ts";
import { compareNames } from "../history/version.ts";
import type { KnownMigration } from "../history/load.ts";
import type { KnownApplication } from "../ledger/ledger.ts";
import type { Problem } from "../errors.ts";
import { findBrokenLinks, type Manifest, manifestFile } from "../history/manifest.ts";

/** Finds the problems of the history itself, whatever the plan. */
export function checkHistory(
  history: readonly KnownMigration[],
  applied: readonly KnownApplication[],
  manifest?: Manifest,
): Problem[] {
  return [
    ...findDuplicates(history, "The folder holds more than one file of this name: keep one"),
    ...findDuplicates(
      applied,
      "The ledger records it more than once: two runners without a lock applied it; delete the later row by hand",
    ),
    ...findMissing(history, applied),
    ...findChanged(history, applied),
    ...(manifest ? checkManifest(history, manifest) : []),
  ];
}

/**
 * True for a history without duplicates that agrees with its manifest: it has no problem once it is applied unedited
 * and in its order.
 */
export function isSound(history: readonly KnownMigration[], manifest?: Manifest): boolean {
  const names = new Set(history.map(({ name }) => name));
  return names.size === history.length && (!manifest || checkManifest(history, manifest).length === 0);
}

/** Finds the problems of this plan in particular. */
export function checkPlan(
  history: readonly KnownMigration[],
  applied: readonly KnownApplication[],
  plan: Plan,
): Problem[] {
  return plan.direction === "up" ? findOutOfOrder(history, applied, plan) : findIrreversible(history, plan);
}

/** True when the whole history is applied, and everything else that is applied is newer than its last migration. */
export function isAhead(history: readonly KnownMigration[], applied: readonly KnownApplication[]): boolean {
  const known = new Set(history.map(({ name }) => name));
  const unknown = applied.filter(({ name }) => !known.has(name));
  const head = history.at(-1)?.name ?? "";
  return (
    unknown.length > 0 &&
    unknown.every(({ name }) => compareNames(name, head) > 0) &&
    history.every(({ name }) => applied.some((row) => row.name === name))
  );
}

function findDuplicates(named: readonly { readonly name: string }[], message: string): Problem[] {
  const seen = new Set<string>();
  const twice = named.filter(({ name }) => seen.size === seen.add(name).size);
  return twice.map(({ name }) => ({ code: "duplicate", migration: name, message: `${name}: ${message}.` }));
}

function findMissing(history: readonly KnownMigration[], applied: readonly KnownApplication[]): Problem[] {
  if (isAhead(history, applied)) return [];
  const known = new Set(history.map(({ name }) => name));
  return applied
    .filter(({ name }) => !known.has(name))
    .map(({ name }) => ({
      code: "missing",
      migration: name,
      message: `${name} is applied, but its file is not in the folder: restore the file (is this the right branch?), or accept its absence with "migrator repair ${name}".`,
    }));
}

function findChanged(history: readonly KnownMigration[], applied: readonly KnownApplication[]): Problem[] {
  const recorded = new Map(applied.map(({ name, checksum }) => [name, checksum]));
  return history
    .filter(({ name, checksum }) => checksum !== null && (recorded.get(name) ?? checksum) !== checksum)
    .map(({ name }) => ({
      code: "changed",
      migration: name,
      message: `${name} was edited after it was applied: put its SQL back and write a new migration, or accept the edit with "migrator repair ${name}".`,
    }));
}

function checkManifest(history: readonly KnownMigration[], manifest: Manifest): Problem[] {
  const listed = new Map(manifest.migrations.map((entry) => [entry.name, entry.checksum]));
  const files = new Set(history.map(({ name }) => name));
  const fix = `if that is meant, run "migrator check --fix" and commit ${manifestFile}`;
  const differing = history.filter(
    ({ name, checksum }) => listed.has(name) && checksum !== null && checksum !== listed.get(name),
  );
  const unlisted = history.filter(({ name }) => !listed.has(name));
  const vanished = manifest.migrations.filter(({ name }) => !files.has(name));
  return [
    ...differing.map(({ name }) =>
      changed(name, `${name} does not have the SQL that ${manifestFile} records: ${fix}.`),
    ),
    ...unlisted.map(({ name }) => changed(name, `${name} is not listed in ${manifestFile}: ${fix}.`)),
    ...findBrokenLinks(manifest).map((name) =>
      changed(name, `${manifestFile} was edited by hand or merged at ${name}: ${fix}.`),
    ),
    ...vanished.map(({ name }): Problem => ({
      code: "missing",
      migration: name,
      message: `${name} is listed in ${manifestFile}, but its file is gone: restore it, or ${fix}.`,
    })),
  ];
}

function changed(migration: string, message: string): Problem {
  return { code: "changed", migration, message };
}

function findOutOfOrder(
  history: readonly KnownMigration[],
  applied: readonly KnownApplication[],
  plan: Plan,
): Problem[] {
  const position = new Map(history.map(({ name }, index) => [name, index]));
  const last = Math.max(-1, ...applied.map(({ name }) => position.get(name) ?? -1));
  return plan.steps
    .filter((name) => (position.get(name) ?? last) < last)
    .map((name) => ({
      code: "out-of-order",
      migration: name,
      message: `${name} comes before ${history[last]?.name}, which is applied: move it to the end with "migrator rebase ${name}", or apply it all the same with --allow-out-of-order.`,
    }));
}

function findIrreversible(history: readonly KnownMigration[], plan: Plan): Problem[] {
  const known = new Map(history.map((migration) => [migration.name, migration]));
  return plan.steps.flatMap((name): Problem[] => {
    const migration = known.get(name);
    if (!migration)
      return [
        {
          code: "missing",
          migration: name,
          message: `${name} is to be reverted, but its file is not in the folder: restore the file first, or go back to a migration of this folder by the undo in the ledger, with "migrator down --to M".`,
        },
      ];
    if (migration.reversible !== false) return [];
    const why = migration.irreversible
      ? `cannot be reverted: ${migration.irreversible}. Go`
      : "has no down: write one, or go";
    return [{ code: "irreversible", migration: name, message: `${name} ${why} back by a new migration.` }];
  });
}
