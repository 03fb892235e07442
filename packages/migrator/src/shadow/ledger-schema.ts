import { escapeIdentifier } from "pg";
import type { LedgerTable } from "../ledger/tables.ts";
import type { Query } from "../postgres/connection.ts";

/** Creates the ledger's schema on a shadow: only the history creates it elsewhere, and the ledger is needed before that. */
export async function makeLedgerSchema(query: Query, { schema }: LedgerTable): Promise<void> {
  if (schema !== "public") await query(`create schema if not exists ${escapeIdentifier(schema)}`);
}
