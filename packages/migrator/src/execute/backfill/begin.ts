import { RefusedError } from "../../errors.ts";
import type { Backfill } from "../../history/backfill.ts";
import type { LoadedMigration } from "../../history/load.ts";
import {
  announceBackfill,
  type BackfillState,
  beginBackfill,
  type NewBackfill,
  readBackfills,
} from "../../ledger/backfills.ts";
import { ensureBackfillTable } from "../../ledger/prepare-ledger.ts";
import type { Run } from "../run.ts";
import type { BatchRun } from "./batch.ts";
import { refuseOther } from "./begun.ts";
import { findTarget, type Target } from "./target.ts";

const firstBatch = 1000;

/**
 * Settles what the batches share, and notes that this run works on them. Throws a `RefusedError` where the table has no
 * key that fits, or another statement or key had begun. Under the backfill's lock.
 */
export async function begin(run: Run, migration: LoadedMigration): Promise<BatchRun & { state: BackfillState }> {
  const { backfill, target, fresh } = await prepare(run, migration);
  const { connection, ledger, runId } = run;
  const before = await findBegun(run, migration.name);
  if (before) refuseOther(before, migration, target.key);
  const state = await beginBackfill(connection.query, ledger, fresh);
  return { connection, ledger, runId, migration: migration.name, backfill, target, state };
}

/** Notes that a backfill is next; a run that has begun it meanwhile keeps it. Throws like `begin`. */
export async function announce(run: Run, migration: LoadedMigration): Promise<void> {
  const { fresh } = await prepare(run, migration);
  await announceBackfill(run.connection.query, run.ledger, fresh);
}

/** The state of a migration's backfill; undefined: it is not begun. */
export async function findBegun({ connection, ledger }: Run, name: string): Promise<BackfillState | undefined> {
  return (await readBackfills(connection.query, ledger)).find(({ migration }) => migration === name);
}

async function prepare(
  { connection, ledger, runId, host }: Run,
  { name, checksum, backfill }: LoadedMigration,
): Promise<{ backfill: Backfill; target: Target; fresh: NewBackfill }> {
  if (!backfill) throw new RefusedError(`${name} declares no backfill`);
  const target = await findTarget(connection.query, name, backfill);
  await ensureBackfillTable(connection, ledger);
  const { key, estimate } = target;
  const batch = backfill.batch ?? firstBatch;
  return { backfill, target, fresh: { migration: name, checksum, key, estimate, batch, runId, host } };
}
