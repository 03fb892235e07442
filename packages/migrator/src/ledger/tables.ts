/** The name of the ledger's table, or of another table. */
export interface LedgerTable {
  readonly schema: string;
  readonly table: string;
}

/** MikroORM's own table, so that a project can switch from the stock CLI and back. */
export const defaultLedger: LedgerTable = { schema: "public", table: "mikro_orm_migrations" };

/** The audit table: the ledger's name with `_audit`. */
export function auditTable(ledger: LedgerTable): LedgerTable {
  return { schema: ledger.schema, table: `${ledger.table}_audit` };
}

/** The progress table: the ledger's name with `_progress`. It is empty while nothing is half done. */
export function progressTable({ schema, table }: LedgerTable): LedgerTable {
  return { schema, table: `${table}_progress` };
}

/** The table of backfills that are begun: the ledger's name with `_backfill`. It is created with the first one. */
export function backfillTable({ schema, table }: LedgerTable): LedgerTable {
  return { schema, table: `${table}_backfill` };
}

/** The table of releases: the ledger's name with `_releases`. It is created with the first one. */
export function releaseTable({ schema, table }: LedgerTable): LedgerTable {
  return { schema, table: `${table}_releases` };
}

/** The table of how releases do: the ledger's name with `_verdicts`. It is created with the first release. */
export function verdictTable({ schema, table }: LedgerTable): LedgerTable {
  return { schema, table: `${table}_verdicts` };
}

/** The tables that are the migrator's own: ledger, audit, progress, backfills, releases and verdicts. */
export function ownTables(ledger: LedgerTable): LedgerTable[] {
  const others = [auditTable, progressTable, backfillTable, releaseTable, verdictTable];
  return [ledger, ...others.map((nameOf) => nameOf(ledger))];
}

/** The table's name, quoted for SQL. */
export function qualified({ schema, table }: LedgerTable): string {
  return [schema, table].map((part) => `"${part.replaceAll('"', '""')}"`).join(".");
}

/** The name of the lock of whoever changes a backfill's rows: one at a time for a ledger. */
export function backfillLock(ledger: LedgerTable): string {
  return `${lockName(ledger)} backfill`;
}

/** The name of a runner's lock on the ledger: advisory locks belong to a database, and this one to a ledger in it. */
export function lockName(ledger: LedgerTable): string {
  return `migrator ${qualified(ledger)}`;
}
