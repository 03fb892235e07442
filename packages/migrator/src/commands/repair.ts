import type { Direction } from "../report.ts";
import { recordAudit } from "../ledger/audit.ts";
import { checkHistory } from "../plan/integrity.ts";
import type { Connection } from "../postgres/connection.ts";
import type { Context } from "../execute/context.ts";
import { waitForDisk } from "../ledger/durability.ts";
import { ConfigurationError, type Problem, RefusedError, UnknownMigrationError } from "../errors.ts";
import { enumerate, type Statement } from "../execute/failure.ts";
import { lastOf, toUnits } from "../execute/units.ts";
import { halfDone } from "../plan/half-done.ts";
import { type History, openHistory } from "../history/history.ts";
import { acceptFile, type AppliedMigration, forget, readLedger, recordApplied } from "../ledger/ledger.ts";
import { type LoadedMigration, scriptOf } from "../history/load.ts";
import { undoOf } from "../history/undo-of.ts";
import { readStoredUndos } from "../ledger/stored-undo.ts";
import { toUndoDigest } from "../ledger/undo-digest.ts";
import { createSigner, createUndoDigester, readPositionOf } from "../ledger/undo-digester.ts";
import { findDoubts, readUndo } from "../plan/undo.ts";
import { inTransaction } from "../postgres/transaction.ts";
import { ensureLedger } from "../ledger/prepare-ledger.ts";
import { forgetProgress, noteProgress, type Progress, readProgress } from "../ledger/progress.ts";
import { resolveTarget } from "../plan/resolve-target.ts";
import { withConnection } from "../execute/session.ts";
import { underLock } from "../execute/under-lock.ts";

/** What was accepted of a migration: its edit, that its file is gone, how far it is done, or its file's undo. */
export interface Repaired {
  readonly name: string;
  readonly accepted: "changed" | "missing" | "half-done" | "undo";
}

/** How a half-done migration is settled: as applied or reverted in full, or as done up to and with this statement. */
export type Settlement = "applied" | "reverted" | number;

export interface RepairOptions {
  /** For a half-done migration, which is repaired alone. */
  readonly as?: Settlement | undefined;
}

/**
 * Accepts edited, vanished or half-done migrations, each by name: the ledger takes the edited SQL's checksum, deletes
 * the vanished migration's row, or records the half-done one as `as` says. Where the undo in the ledger could not be
 * used, it takes the file's. The schema is not touched. Throws an
 * `UnknownMigrationError` when a name means no migration with such a problem.
 */
export async function repair(
  context: Context,
  names: readonly string[],
  options: RepairOptions = {},
): Promise<Repaired[]> {
  const history = await openHistory(context.migrations);
  const work = async (connection: Connection) =>
    await repairUnderLock({ context, history, connection }, names, options);
  return await withConnection(
    context,
    async (connection) => await underLock(context, connection, async () => await work(connection)),
  );
}

/** What a repair works on. */
interface Workplace {
  readonly context: Context;
  readonly history: History;
  readonly connection: Connection;
}

async function repairUnderLock(place: Workplace, names: readonly string[], { as }: RepairOptions): Promise<Repaired[]> {
  const { context, history, connection } = place;
  const { query } = connection;
  const applied = await readLedger(query, context.ledger);
  await history.loadForChecks(applied);
  const progress = await readProgress(query, context.ledger);
  // The file of a half-done migration may be gone.
  const known = [...history.known(), ...applied, ...(progress ? [{ name: progress.migration }] : [])];
  if (progress && names.some((name) => fullName(name, known) === progress.migration))
    return [await repairHalfDone(place, progress, names, as)];
  if (as !== undefined)
    throw new ConfigurationError(`--as is for a migration that is half done, and ${names.join(", ")} is not`);
  const found = checkHistory(history.known(), applied).filter(({ code }) => code === "changed" || code === "missing");
  const problems = [...found, ...findGone(history, applied)];
  await ensureLedger(connection, context.ledger);
  const unusable = await findUnusable(
    place,
    names.map((name) => fullName(name, known)),
    applied,
  );
  const repairs = names.map((name) => find(name, problems, known, unusable));
  await inTransaction(connection, async () => {
    await query(waitForDisk);
    for (const one of repairs) await accept(place, one);
  });
  return repairs;
}

/** Those of the migrations whose undo in the ledger is not the file's, or does not have its digests and signature. */
async function findUnusable(
  { context, history, connection: { query } }: Workplace,
  names: readonly string[],
  applied: readonly AppliedMigration[],
): Promise<ReadonlySet<string>> {
  const files = new Set(history.folder.files.map(({ name }) => name));
  const wanted = applied.map(({ name }) => name).filter((name) => names.includes(name) && files.has(name));
  const { asked } = await readStoredUndos(query, context.ledger, wanted);
  const signer = await createSigner(query, context.undoKey());
  const unusable: string[] = [];
  for (const stored of asked) {
    const undo = undoOf(await history.load(stored.name));
    const same = JSON.stringify(readUndo(stored)) === JSON.stringify(undo);
    if (undo && !(same && findDoubts(stored, undo, signer).length === 0)) unusable.push(stored.name);
  }
  return new Set(unusable);
}

/** Applied behind the history's last file: a newer build's, or one whose file is gone. Who names it knows which. */
function findGone(history: History, applied: readonly { readonly name: string }[]): Problem[] {
  const files = new Set(history.folder.files.map(({ name }) => name));
  const gone = applied.filter(({ name }) => !files.has(name));
  return gone.map(({ name }) => ({ code: "missing", migration: name, message: "" }));
}

async function repairHalfDone(
  place: Workplace,
  progress: Progress,
  names: readonly string[],
  as: Settlement | undefined,
): Promise<Repaired> {
  if (as === undefined) throw new RefusedError(halfDone(progress).message);
  if (names.length > 1) throw new ConfigurationError("--as settles one migration: name it alone");
  await ensureLedger(place.connection, place.context.ledger);
  await inTransaction(place.connection, async () => await settle(place, progress, as));
  return { name: progress.migration, accepted: "half-done" };
}

async function settle(place: Workplace, progress: Progress, as: Settlement): Promise<void> {
  const { context, connection } = place;
  const { query } = connection;
  const name = progress.migration;
  await query(waitForDisk);
  const migration = await loadSettled(place, progress, as);
  const isPart = migration !== undefined && typeof as === "number" && as > 0;
  const undoDigest = isPart
    ? await settleAt(place, progress, migration, as)
    : await settleWhole(place, progress, migration, as);
  const checksum = migration?.checksum ?? null;
  await recordAudit(query, { action: "repaired", migration: name, checksum, undoDigest }, context, context.ledger);
}

/** Undefined where there is no file and none is needed: only a new ledger row and a number of statements need it. */
async function loadSettled(
  { history }: Workplace,
  { migration: name, direction }: Progress,
  as: Settlement,
): Promise<LoadedMigration | undefined> {
  const isWhole = direction === "up" ? as === "reverted" || as === 0 : typeof as === "string" || as === 0;
  const hasFile = history.folder.files.some((file) => file.name === name);
  return isWhole && !hasFile ? undefined : await history.load(name);
}

async function settleAt(
  { context, connection: { query } }: Workplace,
  { migration: name, direction }: Progress,
  migration: LoadedMigration,
  as: number,
): Promise<null> {
  const statements = statementsUpTo(migration, direction, as);
  const done = { statements: statements.slice(0, as), total: statements.length, state: "done" } as const;
  await forgetProgress(query, name, context.ledger);
  await noteProgress(query, { migration: name, direction, ...done }, context, context.ledger);
  return null;
}

/** Gives the digest of the undo that it stored; null: none. */
async function settleWhole(
  { context, connection: { query } }: Workplace,
  { migration: name, direction }: Progress,
  migration: LoadedMigration | undefined,
  as: Settlement,
): Promise<string | null> {
  const { ledger, toolVersion, runId, host: appliedFrom, undoKey } = context;
  const applied = as === 0 ? direction === "down" : as === "applied";
  await forgetProgress(query, name, ledger);
  if (!applied && direction === "down") await forget(query, name, ledger);
  if (!applied || direction === "down") return null;
  const undo = migration ? undoOf(migration) : null;
  const checksum = migration?.checksum ?? null;
  const digestUndo = await createUndoDigester(query, ledger, undoKey());
  const digest = undo ? digestUndo({ name, checksum }, undo) : undefined;
  const entry = { name, checksum, durationMs: null, appliedFrom, toolVersion, runId, undo, digest };
  await recordApplied(query, entry, ledger);
  return digest?.digest ?? null;
}

/**
 * All statements, of which the first `as` can be done without the rest. Throws a `ConfigurationError` where they
 * cannot.
 */
function statementsUpTo(migration: LoadedMigration, direction: Direction, as: number): Statement[] {
  const { statements, computed } = scriptOf(migration, direction);
  const refuse = (why: string) =>
    new ConfigurationError(`--as ${as}: the ${direction} of ${migration.name} has ${why}; say applied or reverted`);
  if (computed) throw refuse("statements that its code computes");
  if (as >= statements.length) throw refuse(`${statements.length} statements, of which at least the last is not done`);
  const all = enumerate(statements);
  const ends = toUnits(migration.name, all).map((unit) => lastOf(unit).number);
  if (ends.includes(as)) return all;
  throw refuse(
    `a transaction of its own around statement ${as}, which is done as a whole or not at all: --as ${ends.findLast((end) => end < as) ?? 0} when it is not`,
  );
}

function fullName(name: string, known: readonly { readonly name: string }[]): string {
  return resolveTarget(name, [...new Set(known.map((migration) => migration.name))]);
}

function find(
  name: string,
  problems: readonly Problem[],
  known: readonly { readonly name: string }[],
  unusable: ReadonlySet<string>,
): Repaired {
  const full = fullName(name, known);
  const problem = problems.find(({ migration }) => migration === full);
  if (problem) return { name: full, accepted: problem.code as Repaired["accepted"] };
  if (unusable.has(full)) return { name: full, accepted: "undo" };
  const others = problems.map(({ migration }) => migration ?? "");
  throw new UnknownMigrationError(
    name,
    others,
    `${full} is neither edited, missing nor half done, so there is nothing to repair. ${others.length > 0 ? `Those that are: ${others.join(", ")}.` : "No migration is."}`,
  );
}

async function accept({ context, history, connection }: Workplace, { name, accepted }: Repaired): Promise<void> {
  const { query } = connection;
  const { ledger } = context;
  if (accepted === "missing") {
    await forget(query, name, ledger);
    return await recordAudit(query, { action: "repaired", migration: name }, context, ledger);
  }
  const migration = await history.load(name);
  const { checksum } = migration;
  const undo = undoOf(migration);
  const signer = await createSigner(query, context.undoKey());
  const position = await readPositionOf(query, ledger, name);
  const digest = undo ? toUndoDigest({ name, checksum, position, undo }, signer) : undefined;
  await acceptFile(query, { name, checksum, undo, digest }, ledger);
  const entry = { action: "repaired", migration: name, checksum, undoDigest: digest?.digest } as const;
  await recordAudit(query, entry, context, ledger);
}
