import { type LedgerTable, lockName } from "../../ledger/tables.ts";

/** The name of the lock of whoever changes a backfill's rows: one at a time for a ledger. */
export function backfillLock(ledger: LedgerTable): string {
  return `${lockName(ledger)} backfill`;
}
