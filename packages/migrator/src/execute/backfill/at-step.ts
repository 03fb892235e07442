import { escapeLiteral } from "pg";
import { RefusedError } from "../../errors.ts";
import type { Backfill } from "../../history/backfill.ts";
import type { LoadedMigration } from "../../history/load.ts";
import type { BackfillState } from "../../ledger/backfills.ts";
import { backfillLock, backfillTable, qualified } from "../../ledger/tables.ts";
import { tryLock } from "../../postgres/advisory-lock.ts";
import type { BackfillMode } from "../context.ts";
import type { Query } from "../../postgres/connection.ts";
import { explain } from "../failure.ts";
import type { Run, Step } from "../run.ts";
import { batchUpdate } from "./batch.ts";
import { announce } from "./begin.ts";
import { refuseOther } from "./begun.ts";
import { findTarget, isSmall } from "./target.ts";

/** A table of at most so many rows is changed by one statement, as long as a batch would take. */
const smallRows = 10_000;

/** A migration that may be applied now. */
export type Settled = Pick<Step, "migration" | "tookMs">;

/**
 * Makes a migration ready to be recorded: as it is where its table is small, or with nothing left to do where its
 * backfill has come to its end. Undefined: it is held until that is so. `begun`: its state, where it is begun.
 */
export async function settleBackfill(
  run: Run,
  migration: LoadedMigration,
  mode: BackfillMode,
  begun: BackfillState | undefined,
): Promise<Settled | undefined> {
  if (begun) refuseOther(begun, migration);
  if (begun && (!migration.backfill || mode === "whole")) throw new RefusedError(asOne(migration));
  if (!migration.backfill) return { migration };
  if (!begun) await tryBatch(run, migration);
  if (mode === "whole") return { migration };
  if (begun?.doneAt) return recorded(run, migration, begun.busyMs);
  if (!begun && (await isSmall(run.connection.query, migration.backfill, smallRows))) {
    // Held to the end of this session, so that no "backfill run" changes the same rows meanwhile.
    return (await tryLock(run.connection.query, backfillLock(run.ledger))) ? { migration } : undefined;
  }
  if (mode === "wait") {
    const { runBackfill } = await import("./run-backfill.ts");
    return recorded(run, migration, (await runBackfill(run, migration)).busyMs);
  }
  // Noted, so that everybody sees what is held; a table without a fitting key is refused here and now.
  if (!begun) await announce(run, migration);
  return undefined;
}

/**
 * Lets the server read the batch form, so that a shadow or a small table shows what would fail on a large one. Throws a
 * `MigrationFailedError`, also where the table has no key that fits.
 */
export async function tryBatch(run: Run, { name, backfill }: LoadedMigration): Promise<void> {
  const { query } = run.connection;
  if (!backfill || !(await isThere(query, backfill))) return;
  try {
    const target = await findTarget(query, name, backfill);
    await query(`explain ${batchUpdate(backfill, target, true)}`, [null, null]);
  } catch (error) {
    throw explain(run, name, error);
  }
}

/** False for a missing table, which fails as the statement itself does. */
async function isThere(query: Query, { table }: Backfill): Promise<boolean> {
  const [found] = await query<{ there: boolean }>("select to_regclass($1) is not null as there", [table]);
  return found?.there ?? false;
}

function asOne({ name }: LoadedMigration): string {
  return `The backfill of ${name} is begun, and cannot go on as one statement: some rows are changed already. Finish it with "migrator backfill run", or forget how far it came with "migrator backfill discard ${name}"`;
}

/** The migration whose batches are done: what is left is to forget how far they came, in the ledger's transaction. */
function recorded({ ledger }: Run, migration: LoadedMigration, busyMs: number): Settled {
  const forget = `delete from ${qualified(backfillTable(ledger))} where migration = ${escapeLiteral(migration.name)}`;
  return { migration: { ...migration, up: { statements: [forget], computed: false } }, tookMs: busyMs };
}
