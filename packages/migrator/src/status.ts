import type { Query } from "@thedata/catalog";
import { findHeld } from "./ledger/backfills.ts";
import { ensureFlushed } from "./ledger/durability.ts";
import { readLedger } from "./ledger/ledger.ts";
import { readProgress } from "./ledger/progress.ts";
import { defaultLedger, type LedgerTable, lockName } from "./ledger/tables.ts";
import { type Status, summarize } from "./plan/status.ts";
import { findHolder } from "./postgres/advisory-lock.ts";
import type { OwnRelease } from "./releases/compatibility.ts";

export type { Query } from "@thedata/catalog";
export type { Status } from "./plan/status.ts";
export type { OwnRelease } from "./releases/compatibility.ts";
export type { LedgerTable } from "./ledger/tables.ts";

export { isRecorded as isAtHead } from "./ledger/ledger.ts";

export interface SchemaStatusOptions {
  /** Default: MikroORM's own table. */
  readonly ledger?: LedgerTable | undefined;
  /**
   * False: "current" may be returned before the ledger is on the server's disk; for a caller that got a durable answer
   * before.
   */
  readonly durable?: boolean | undefined;
  /** The release of the models that asks whether it works where the schema is another one; default: nobody asks. */
  readonly release?: OwnRelease | undefined;
}

/**
 * Compares a database with a build's migrations, given by names and checksums (a manifest's entries), for readiness
 * probes, which have no folder. Changes nothing, takes no lock, and throws the server's errors.
 */
export async function readSchemaStatus(
  query: Query,
  migrations: Parameters<typeof summarize>[0],
  { ledger = defaultLedger, durable = true, release }: SchemaStatusOptions = {},
): Promise<Status> {
  const [applied, progress] = await Promise.all([readLedger(query, ledger), readProgress(query, ledger)]);
  const status = summarize(migrations, applied, { progress });
  if (durable && status.state === "current") await ensureFlushed(query, ledger);
  if (status.state === "current") return status;
  const held = await findHeld(query, ledger, status.pending);
  const runner = (await findHolder(query, lockName(ledger))) ?? null;
  return { ...status, held, runner, ...(release ? await askRelease(query, ledger, status, release) : {}) };
}

/** Whether a release works on the schema; a judgement that fails is a finding. */
async function askRelease(
  query: Query,
  ledger: LedgerTable,
  status: Status,
  release: OwnRelease,
): Promise<Pick<Status, "compatible" | "findings">> {
  const { findCompatibility } = await import("./releases/compatibility.ts");
  return await findCompatibility(query, ledger, status, release).then(
    ({ compatible, findings }) => ({ compatible, findings }),
    (error: Error) => ({
      compatible: null,
      findings: [`whether this build works there cannot be judged: ${error.message}`],
    }),
  );
}
