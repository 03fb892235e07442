/** Where the ledger is. */
export interface LedgerTable {
  readonly schema: string;
  readonly table: string;
}

/** MikroORM's own table, so that a project can come from the stock CLI and go back to it. */
export const defaultLedger: LedgerTable = { schema: "public", table: "mikro_orm_migrations" };

/** The audit's table: the ledger's name with `_audit`. */
export function auditTable(ledger: LedgerTable): LedgerTable {
  return { schema: ledger.schema, table: `${ledger.table}_audit` };
}

/** The progress's table: the ledger's name with `_progress`. It is empty while nothing is half done. */
export function progressTable({ schema, table }: LedgerTable): LedgerTable {
  return { schema, table: `${table}_progress` };
}

/** The tables that are the migrator's own: ledger, audit and progress. */
export function ownTables(ledger: LedgerTable): LedgerTable[] {
  return [ledger, auditTable(ledger), progressTable(ledger)];
}

/** The table's name as SQL takes it, whatever characters it has. */
export function qualified({ schema, table }: LedgerTable): string {
  return [schema, table].map((part) => `"${part.replaceAll('"', '""')}"`).join(".");
}

/** The name of the lock that a runner on the ledger holds: advisory locks belong to a database, and this one to a ledger in it. */
export function lockName(ledger: LedgerTable): string {
  return `migrator ${qualified(ledger)}`;
}
