import { RefusedError } from "../../errors.ts";
import type { LoadedMigration } from "../../history/load.ts";
import type { BackfillState } from "../../ledger/backfills.ts";

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
