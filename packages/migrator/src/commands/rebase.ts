import { nextVersion, versionOf } from "../history/version.ts";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Context, directoryOf } from "../execute/context.ts";
import { discover, type MigrationFile } from "../history/folder.ts";
import { ConfigurationError, MigratorError } from "../errors.ts";
import { halfDone } from "../plan/half-done.ts";
import { readLedger } from "../ledger/ledger.ts";
import { readBackfills } from "../ledger/backfills.ts";
import { readProgress } from "../ledger/progress.ts";
import { rewriteManifest } from "./create.ts";
import { resolveTarget } from "../plan/resolve-target.ts";
import { writeManifest } from "../history/manifest.ts";
import { withConnection } from "../execute/session.ts";

/** A migration that was moved to the end of the history. */
export interface Rebased {
  readonly from: string;
  readonly to: string;
  /** The new file. */
  readonly file: string;
}

/**
 * Moves a migration to the end of the history: file, class and manifest together or not at all. With a database
 * (`dsn` not empty) it refuses one that is applied there. Throws when it cannot, and then nothing has changed.
 */
export async function rebase(context: Context, name: string): Promise<Rebased> {
  const folder = await discover(directoryOf(context));
  const from = resolveTarget(
    name,
    folder.files.map((file) => file.name),
  );
  const file = folder.files.find((one) => one.name === from) as MigrationFile;
  if (folder.files.at(-1)?.name === from) throw new MigratorError("refused", `${from} is the last migration already`);
  if (file.path.endsWith(".up.sql"))
    throw new ConfigurationError(`${from} is a pair of SQL files: give both a later version in their names`);
  if (context.dsn) await refuseApplied(context, from);
  const stamp = versionOf(from);
  if (!stamp) throw new ConfigurationError(`${from} has no time stamp in its name that could be moved`);
  const to = from.replace(stamp, nextVersion(folder.files).slice(0, Math.max(stamp.length, 14)));
  const target = path.join(folder.directory, path.basename(file.path).replace(from, to));
  await move(folder, file, target, (source) => source.replaceAll(from, to));
  return { from, to, file: target };
}

/** Throws a `MigratorError` (refused) where the database at hand has applied the migration, or a part of it. */
export async function refuseApplied(context: Context, name: string): Promise<void> {
  const { applied, progress, begun } = await withConnection(context, async ({ query }) => ({
    applied: await readLedger(query, context.ledger),
    progress: await readProgress(query, context.ledger),
    begun: await readBackfills(query, context.ledger),
  }));
  if (progress?.migration === name) throw new MigratorError("refused", halfDone(progress).message);
  if (begun.some(({ migration }) => migration === name))
    throw new MigratorError(
      "refused",
      `The backfill of ${name} is begun: only a migration that no database has can be changed or moved`,
    );
  if (applied.some((row) => row.name === name))
    throw new MigratorError(
      "refused",
      `${name} is applied already: only a migration that no database has can be changed or moved`,
    );
}

/** Writes the new file, removes the old one and rewrites the manifest; undoes all of it on an error. */
async function move(
  folder: Awaited<ReturnType<typeof discover>>,
  file: MigrationFile,
  target: string,
  edit: (source: string) => string,
): Promise<void> {
  await writeFile(target, edit(await readFile(file.path, "utf8")), { flag: "wx", flush: true });
  const kept = await readFile(file.path);
  try {
    await rm(file.path);
    if (folder.manifest) await rewriteManifest(folder.directory);
  } catch (error) {
    await writeFile(file.path, kept);
    await rm(target, { force: true });
    if (folder.manifest) await writeManifest(folder.directory, folder.manifest);
    throw error;
  }
}
