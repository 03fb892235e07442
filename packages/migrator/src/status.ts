import type { Query } from "@thedata/catalog";
import { ensureFlushed } from "./ledger/durability.ts";
import { readLedger } from "./ledger/ledger.ts";
import { readProgress } from "./ledger/progress.ts";
import { defaultLedger, type LedgerTable } from "./ledger/tables.ts";
import { type Status, summarize } from "./plan/status.ts";

export type { Query } from "@thedata/catalog";
export type { Status } from "./plan/status.ts";
export type { LedgerTable } from "./ledger/tables.ts";

export interface SchemaStatusOptions {
  /** MikroORM's own table unless told. */
  readonly ledger?: LedgerTable | undefined;
  /** False: "current" may be said of what is not on the server's disk yet. For those who have asked before. */
  readonly durable?: boolean | undefined;
}

/**
 * Says where a database stands against a build's migrations, known by their names and checksums (a manifest's entries):
 * for readiness probes, which have no folder. Changes nothing and takes no lock. Throws what the server refuses.
 */
export async function readSchemaStatus(
  query: Query,
  migrations: Parameters<typeof summarize>[0],
  { ledger = defaultLedger, durable = true }: SchemaStatusOptions = {},
): Promise<Status> {
  const [applied, progress] = await Promise.all([readLedger(query, ledger), readProgress(query, ledger)]);
  const status = summarize(migrations, applied, { progress });
  if (durable && status.state === "current") await ensureFlushed(query, ledger);
  return status;
}
