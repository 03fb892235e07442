import { RefusedError } from "../../errors.ts";
import type { LoadedMigration } from "../../history/load.ts";
import { type BackfillState, beginBackfill, readBackfills } from "../../ledger/backfills.ts";
import { ensureBackfillTable } from "../../ledger/prepare-ledger.ts";
import type { Run } from "../run.ts";
import type { Filling } from "./batch.ts";
import { findTarget } from "./target.ts";

const firstBatch = 1000;

/**
 * Settles what the batches share, and notes that this run works on them. Throws a `RefusedError` where the table has no
 * key that fits, or another statement or key had begun.
 */
export async function begin(
  run: Run,
  { name, checksum, backfill }: LoadedMigration,
): Promise<Filling & { state: BackfillState }> {
  const { connection, ledger, runId, host } = run;
  if (!backfill) throw new RefusedError(`${name} declares no backfill`);
  const target = await findTarget(connection.query, name, backfill);
  await ensureBackfillTable(connection, ledger);
  const before = (await readBackfills(connection.query, ledger)).find(({ migration }) => migration === name);
  refuseOther(before, { name, checksum, key: target.key });
  const state = await beginBackfill(connection.query, ledger, {
    migration: name,
    checksum,
    key: target.key,
    estimate: target.estimate,
    batch: backfill.batch ?? firstBatch,
    runId,
    host,
  });
  return { connection, ledger, runId, migration: name, backfill, target, state };
}

/** Ranges that another statement or another key has done say nothing about this one. */
function refuseOther(
  before: BackfillState | undefined,
  { name, checksum, key }: { readonly name: string; readonly checksum: string; readonly key: string },
): void {
  if (!before || (before.checksum === checksum && before.key === key)) return;
  const what =
    before.checksum === checksum ? `its key was ${before.key} and is now ${key}` : "its statement has changed";
  throw new RefusedError(
    `The backfill of ${name} is begun, and ${what}. Restore it, or begin anew: "migrator backfill discard ${name}"`,
  );
}
