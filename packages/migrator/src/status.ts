import type { Query } from "@thedata/catalog";
import { findHeld } from "./ledger/backfills.ts";
import { ensureFlushed } from "./ledger/durability.ts";
import { readLedger } from "./ledger/ledger.ts";
import { readProgress } from "./ledger/progress.ts";
import { defaultLedger, type LedgerTable } from "./ledger/tables.ts";
import { type Status, summarize } from "./plan/status.ts";

export type { Query } from "@thedata/catalog";
export type { Status } from "./plan/status.ts";
export type { LedgerTable } from "./ledger/tables.ts";

export interface SchemaStatusOptions {
  /** Default: MikroORM's own table. */
  readonly ledger?: LedgerTable | undefined;
  /**
   * False: "current" may be returned before the ledger is on the server's disk; for a caller that got a durable answer
   * before.
   */
  readonly durable?: boolean | undefined;
}

/**
 * Compares a database with a build's migrations, given by names and checksums (a manifest's entries), for readiness
 * probes, which have no folder. Changes nothing, takes no lock, and throws the server's errors.
 */
export async function readSchemaStatus(
  query: Query,
  migrations: Parameters<typeof summarize>[0],
  { ledger = defaultLedger, durable = true }: SchemaStatusOptions = {},
): Promise<Status> {
  const [applied, progress] = await Promise.all([readLedger(query, ledger), readProgress(query, ledger)]);
  const status = summarize(migrations, applied, { progress });
  if (durable && status.state === "current") await ensureFlushed(query, ledger);
  return { ...status, held: await findHeld(query, ledger, status.pending) };
}
