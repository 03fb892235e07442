import { setTimeout as sleep } from "node:timers/promises";
import { InterruptedError, MigratorError } from "../../errors.ts";
import type { LockHolder } from "../../events.ts";
import type { LoadedMigration } from "../../history/load.ts";
import type { BackfillState } from "../../ledger/backfills.ts";
import { readLedger } from "../../ledger/ledger.ts";
import { backfillLock } from "../../ledger/tables.ts";
import { withLock } from "../../postgres/advisory-lock.ts";
import { explain } from "../failure.ts";
import type { Run } from "../run.ts";
import { begin, findBegun } from "./begin.ts";
import { type Batch, type BatchRun, runBatch } from "./batch.ts";
import { nextPace, type Pace, slower } from "./pace.ts";
import { createReporter } from "./reporter.ts";
import { createThrottle } from "./throttle.ts";

/**
 * Runs a migration's backfill from where it stands to its end, batch by batch, and gives how long its batches took;
 * nothing where another run has recorded it meanwhile. Throws a `RefusedError`, a `LockedError`
 * where another run works on it, a `MigrationFailedError`, or an `InterruptedError` between two batches; each time what
 * is done is noted, and the next run goes on from there.
 */
export async function runBackfill(run: Run, migration: LoadedMigration): Promise<{ readonly busyMs: number }> {
  const { connection, ledger, signal } = run;
  const onWaiting = (holder: LockHolder) => run.onEvent({ type: "waiting", holder });
  const lock = { name: backfillLock(ledger), waitMs: 0, onWaiting, signal };
  return await withLock(connection.query, lock, async () => {
    const applied = await readLedger(connection.query, ledger);
    if (applied.some(({ name }) => name === migration.name)) return { busyMs: 0 };
    const batches = await begin(run, migration);
    await fill(run, batches);
    return { busyMs: (await findBegun(run, migration.name))?.busyMs ?? batches.state.busyMs };
  });
}

/** Runs batches until no row is left. */
async function fill(run: Run, { state, ...batches }: BatchRun & { readonly state: BackfillState }): Promise<void> {
  const report = createReporter(run, state);
  const throttle = createThrottle(batches.connection.query);
  let pace: Pace = { size: state.batch, pauseMs: 0, bestPerRow: undefined };
  let failures = 0;
  for (;;) {
    await rest(run, pace.pauseMs);
    const reason = await throttle();
    const batch =
      reason === undefined ? await tryBatch(run, batches, pace, failures) : { end: "waits" as const, reason };
    if (batch.end === "done") return;
    failures = batch.end === "locked" ? failures + 1 : 0;
    if (batch.end === "waits") {
      report.waits(batch.reason);
      await rest(run, waitMs);
    } else if (batch.end === "locked") pace = slower(pace, failures);
    else {
      report.advances(batch, pace.size);
      pace = nextPace(pace, batch);
    }
  }
}

const waitMs = 1000;
const tries = 30;

/** Runs a batch; one that does not get its locks in time is reported as `locked`, up to 30 times in a row. */
async function tryBatch(
  run: Run,
  batches: BatchRun,
  pace: Pace,
  failures: number,
): Promise<Batch | { readonly end: "locked" }> {
  try {
    return await runBatch(batches, pace.size);
  } catch (error) {
    if (run.signal?.aborted) throw new InterruptedError(interrupted);
    if (error instanceof MigratorError) throw error;
    if (isLockFailure(error) && failures + 1 < tries) return { end: "locked" };
    throw explain(run, batches.migration, error);
  }
}

// Lock time-out, deadlock, serialization failure.
function isLockFailure(error: unknown): boolean {
  return ["55P03", "40P01", "40001"].includes((error as { code?: string }).code ?? "");
}

/** Rests; an abort ends the rest, and the run. */
async function rest({ signal }: Run, ms: number): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, signal ? { signal } : {}).catch(() => {});
  if (signal?.aborted) throw new InterruptedError(interrupted);
}

const interrupted =
  "Interrupted: at most the batch under way was rolled back, what is done is noted, and the next run goes on from there";
