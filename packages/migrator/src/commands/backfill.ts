import { runBackfill } from "../execute/backfill/run-backfill.ts";
import type { Context } from "../execute/context.ts";
import { migrate } from "../execute/migrate.ts";
import { prepareSession } from "../execute/prepare-session.ts";
import { withConnection, withHistory } from "../execute/session.ts";
import { InterruptedError, RefusedError } from "../errors.ts";
import type { History } from "../history/history.ts";
import type { LoadedMigration } from "../history/load.ts";
import { recordAudit } from "../ledger/audit.ts";
import { type BackfillState, forgetBackfill, markBackfill, readBackfills } from "../ledger/backfills.ts";
import { readLedger } from "../ledger/ledger.ts";
import { resolveTarget } from "../plan/resolve-target.ts";
import type { Connection } from "../postgres/connection.ts";
import { inTransaction } from "../postgres/transaction.ts";
import type { Report } from "../report.ts";
import { up } from "./up-and-down.ts";

const nothing: Report = { outcome: "nothing", steps: [], problems: [], error: null };

/**
 * Runs the next backfill to its end, from where it stands, and records its migration; what waits for it is left to `up`.
 * All that `up` looks at first is looked at before the first batch. Throws a `MigratorError` where it cannot run, fails
 * or is interrupted: what is done stays done.
 */
export async function runNextBackfill(context: Context, name?: string): Promise<Report> {
  const next = await withHistory(
    context,
    async (connection, history) => await findNext(context, history, connection, name),
  );
  if (!next) return nothing;
  const held: Context = { ...context, backfills: "hold" };
  const report = await up(held, { to: next.name });
  if (report.outcome !== "nothing" || report.steps.length === 0) return report;
  await withConnection(context, async (connection) => {
    const timeouts = await prepareSession(context, connection);
    await runBackfill({ ...context, connection, timeouts }, next);
  });
  if (context.signal?.aborted)
    throw new InterruptedError("Interrupted when every batch was done: run it again, which records the migration");
  return await migrate(held, "up", { to: next.name });
}

/** The first pending migration with a backfill; undefined: none. Throws where another must be applied before it. */
async function findNext(
  { ledger }: Context,
  history: History,
  { query }: Connection,
  given: string | undefined,
): Promise<LoadedMigration | undefined> {
  const all = history.folder.files.map(({ name }) => name);
  const wanted = given === undefined ? undefined : resolveTarget(given, all);
  const applied = new Set((await readLedger(query, ledger)).map(({ name }) => name));
  if (wanted !== undefined && applied.has(wanted)) return undefined;
  const pending = all.filter((name) => !applied.has(name));
  const begun = new Set((await readBackfills(query, ledger)).map(({ migration }) => migration));
  const next = wanted ?? pending.find((name) => begun.has(name)) ?? (await firstDeclared(history, pending));
  if (next === undefined) return undefined;
  const [before] = pending;
  if (before !== next)
    throw new RefusedError(
      `${before} comes before ${next} and is not applied: run "migrator up" first. Nothing was changed`,
    );
  return await history.load(next);
}

async function firstDeclared(history: History, pending: readonly string[]): Promise<string | undefined> {
  for (const name of pending) if ((await history.load(name)).backfill) return name;
  return undefined;
}

/** The backfills that are not done, as far as `up` has come to them. */
export async function listBackfills(context: Context): Promise<BackfillState[]> {
  return await withConnection(context, async ({ query }) => await readBackfills(query, context.ledger));
}

/** Pauses a backfill, or lets it go on: at once, also where another process runs it. Gives its state. */
export async function setPaused(context: Context, paused: boolean, name?: string): Promise<BackfillState> {
  return await withConnection(context, async ({ query }) => {
    const { migration } = await findBegun(context, { query }, name);
    await markBackfill(query, context.ledger, migration, paused ? "paused" : "resumed");
    return await findBegun(context, { query }, migration);
  });
}

/** Forgets how far a backfill came, with a line in the audit; the rows keep what it changed. Gives its last state. */
export async function discardBackfill(context: Context, name: string): Promise<BackfillState> {
  return await withConnection(context, async (connection) => {
    const state = await findBegun(context, connection, name);
    await inTransaction(connection, async () => {
      await forgetBackfill(connection.query, context.ledger, state.migration);
      const entry = { action: "discarded", migration: state.migration, checksum: state.checksum } as const;
      await recordAudit(connection.query, entry, context, context.ledger);
    });
    return state;
  });
}

async function findBegun(
  { ledger }: Context,
  { query }: Pick<Connection, "query">,
  name?: string,
): Promise<BackfillState> {
  const begun = await readBackfills(query, ledger);
  const names = begun.map(({ migration }) => migration);
  const wanted = name === undefined ? names[0] : names.length === 0 ? undefined : resolveTarget(name, names);
  const found = begun.find(({ migration }) => migration === wanted);
  if (!found) throw new RefusedError('No backfill is begun in this database: "migrator up" comes to it, or runs it');
  return found;
}
