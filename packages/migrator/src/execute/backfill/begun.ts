import { RefusedError } from "../../errors.ts";
import type { LoadedMigration } from "../../history/load.ts";
import { type BackfillState, forgetBackfill } from "../../ledger/backfills.ts";
import { readLedger } from "../../ledger/ledger.ts";
import type { Run } from "../run.ts";

/** Throws a `RefusedError` where a begun backfill is no migration any more: renamed, it would begin anew, and change rows twice. */
export function refuseVanished(begun: readonly BackfillState[], names: readonly string[]): void {
  const lost = begun.find(({ migration, last }) => last !== null && !names.includes(migration));
  if (!lost) return;
  throw new RefusedError(
    `The backfill of ${lost.migration} is begun, and there is no such migration any more: restore its file and its name, or forget how far it came with "migrator backfill discard ${lost.migration}". Nothing was changed`,
  );
}

/**
 * A begun backfill knows which rows are done, which the schema before it may not have any more. What `baseline` or the
 * stock CLI has recorded meanwhile is forgotten. Throws a `RefusedError`.
 */
export async function refuseBegun(
  { connection: { query }, ledger }: Run,
  begun: readonly BackfillState[],
): Promise<void> {
  if (begun.length === 0) return;
  const applied = new Set((await readLedger(query, ledger)).map(({ name }) => name));
  for (const { migration, last } of begun) {
    if (applied.has(migration) || last === null) await forgetBackfill(query, ledger, migration);
    else
      throw new RefusedError(
        `The backfill of ${migration} is begun: finish it with "migrator backfill run", or forget how far it came with "migrator backfill discard ${migration}". Nothing was changed`,
      );
  }
}

/** Throws a `RefusedError` for another statement or key: the ranges that they have done say nothing about this one. */
export function refuseOther(
  begun: BackfillState,
  { name, checksum }: Pick<LoadedMigration, "name" | "checksum">,
  key = begun.key,
): void {
  if (begun.checksum === checksum && begun.key === key) return;
  const what = begun.checksum === checksum ? `its key was ${begun.key} and is now ${key}` : "its statement has changed";
  throw new RefusedError(
    `The backfill of ${name} is begun, and ${what}. Restore it, or begin anew: "migrator backfill discard ${name}"`,
  );
}
