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
import { acceptChanged, forget, readLedger, recordApplied } from "../ledger/ledger.ts";
import { type LoadedMigration, scriptOf } from "../history/load.ts";
import { inTransaction } from "../postgres/transaction.ts";
import { ensureLedger } from "../ledger/prepare-ledger.ts";
import { forgetProgress, noteProgress, type Progress, readProgress } from "../ledger/progress.ts";
import { resolveTarget } from "../plan/resolve-target.ts";
import { underLock, withConnection } from "../execute/under-lock.ts";

/** What was accepted of a migration: its edit, that its file is gone, or how far it is done. */
export interface Repaired {
  readonly name: string;
  readonly accepted: "changed" | "missing" | "half-done";
}

/** How a half-done migration is settled: as applied or reverted in full, or as done up to and with this statement. */
export type Settlement = "applied" | "reverted" | number;

export interface RepairOptions {
  /** For a half-done migration, which is repaired alone. */
  readonly as?: Settlement | undefined;
}

/**
 * Accepts edited, vanished or half-done migrations, each by name: the ledger takes the edited SQL's checksum, deletes
 * the vanished migration's row, or records the half-done one as `as` says. The schema is not touched. Throws an
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
  const repairs = names.map((name) => find(name, problems, known));
  await ensureLedger(connection, context.ledger);
  await inTransaction(connection, async () => {
    await query(waitForDisk);
    for (const one of repairs) await accept(place, one);
  });
  return repairs;
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
  await inTransaction(place.connection, async () => await settle(place, progress, as));
  return { name: progress.migration, accepted: "half-done" };
}

async function settle(place: Workplace, progress: Progress, as: Settlement): Promise<void> {
  const { context, connection } = place;
  const { query } = connection;
  const name = progress.migration;
  await query(waitForDisk);
  const migration = await loadSettled(place, progress, as);
  if (migration && typeof as === "number" && as > 0) await settleAt(place, progress, migration, as);
  else await settleWhole(place, progress, migration, as);
  const checksum = migration?.checksum ?? null;
  await recordAudit(query, { action: "repaired", migration: name, checksum }, context, context.ledger);
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
): Promise<void> {
  const statements = statementsUpTo(migration, direction, as);
  const done = { statements: statements.slice(0, as), total: statements.length, state: "done" } as const;
  await forgetProgress(query, name, context.ledger);
  await noteProgress(query, { migration: name, direction, ...done }, context, context.ledger);
}

async function settleWhole(
  { context, connection: { query } }: Workplace,
  { migration: name, direction }: Progress,
  migration: LoadedMigration | undefined,
  as: Settlement,
): Promise<void> {
  const { ledger, toolVersion, runId, host: appliedFrom } = context;
  const applied = as === 0 ? direction === "down" : as === "applied";
  const undo = migration?.down?.computed ? null : (migration?.down?.statements ?? null);
  const checksum = migration?.checksum ?? null;
  if (applied && direction === "up")
    await recordApplied(query, { name, checksum, durationMs: null, appliedFrom, toolVersion, runId, undo }, ledger);
  if (!applied && direction === "down") await forget(query, name, ledger);
  await forgetProgress(query, name, ledger);
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

function find(name: string, problems: readonly Problem[], known: readonly { readonly name: string }[]): Repaired {
  const full = fullName(name, known);
  const problem = problems.find(({ migration }) => migration === full);
  if (problem) return { name: full, accepted: problem.code as Repaired["accepted"] };
  const others = problems.map(({ migration }) => migration ?? "");
  throw new UnknownMigrationError(
    name,
    others,
    `${full} is neither edited, missing nor half done, so there is nothing to repair. ${others.length > 0 ? `Those that are: ${others.join(", ")}.` : "No migration is."}`,
  );
}

async function accept({ context, history, connection }: Workplace, { name, accepted }: Repaired): Promise<void> {
  const { query } = connection;
  const migration = accepted === "changed" ? await history.load(name) : undefined;
  const undo = migration?.down?.computed ? null : (migration?.down?.statements ?? null);
  if (migration) await acceptChanged(query, name, migration.checksum, undo, context.ledger);
  else await forget(query, name, context.ledger);
  const checksum = migration?.checksum ?? null;
  await recordAudit(query, { action: "repaired", migration: name, checksum }, context, context.ledger);
}
