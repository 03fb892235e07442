import { escapeLiteral } from "pg";
import type { LoadedMigration } from "../../history/load.ts";
import { type BackfillState, readBackfills } from "../../ledger/backfills.ts";
import { backfillTable, qualified } from "../../ledger/tables.ts";
import type { Run } from "../run.ts";
import type { BackfillMode } from "./mode.ts";
import { isSmall } from "./target.ts";

/** A table of at most so many rows is changed by one statement, as long as a batch would take. */
const smallRows = 10_000;

/**
 * Makes a migration ready to be recorded: as it is where its table is small, or with nothing left to do where its
 * backfill has come to its end. Undefined: it is held until that is so.
 */
export async function settleBackfill(
  run: Run,
  migration: LoadedMigration,
  mode: BackfillMode,
): Promise<LoadedMigration | undefined> {
  const { connection, ledger } = run;
  if (!migration.backfill || mode === "whole") return migration;
  const find = async () =>
    (await readBackfills(connection.query, ledger)).find((state) => state.migration === migration.name);
  const before = await find();
  if (before?.doneAt) return recorded(run, migration, before);
  if (!before && (await isSmall(connection.query, migration.backfill, smallRows))) return migration;
  if (mode === "hold") {
    // Noted, so that everybody sees what is held; a table without a fitting key is refused here and now.
    if (!before) await (await import("./begin.ts")).begin(run, migration);
    return undefined;
  }
  const { runBackfill } = await import("./run-backfill.ts");
  await runBackfill(run, migration);
  return recorded(run, migration, await find());
}

/** The migration whose batches are done: what is left is to forget how far they came, in the ledger's transaction. */
function recorded({ ledger }: Run, migration: LoadedMigration, state: BackfillState | undefined): LoadedMigration {
  const forget = `delete from ${qualified(backfillTable(ledger))} where migration = ${escapeLiteral(migration.name)}`;
  return { ...migration, up: { statements: [forget], computed: false }, tookMs: state?.busyMs };
}
