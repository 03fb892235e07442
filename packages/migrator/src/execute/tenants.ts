import type { Problem } from "../errors.ts";
import type { MigrationFolder } from "../history/folder.ts";
import { openPart } from "../history/part.ts";
import type { KnownApplication } from "../ledger/ledger.ts";
import { findOtherLedger } from "../ledger/other-ledger.ts";
import type { LedgerTable } from "../ledger/tables.ts";
import type { Query } from "../postgres/connection.ts";

interface TenantsRequest {
  readonly of: string | MigrationFolder;
  readonly ledger: LedgerTable;
  readonly applied: readonly KnownApplication[];
  readonly steps: readonly string[];
}

/**
 * Says that a database has tenants: its ledger has only what is marked `@shared`, and another one has the rest. A run of the
 * whole history would make the tenants' tables in `public`.
 */
export async function describeTenants(
  query: Query,
  { of, ledger, applied, steps }: TenantsRequest,
): Promise<Problem[]> {
  const part = await openPart({ of, part: "shared" }).catch(() => undefined);
  const shared = new Set(part?.files.map(({ name }) => name));
  const others = steps.filter((name) => !shared.has(name));
  if (shared.size === 0 || others.length === 0 || !applied.every(({ name }) => shared.has(name))) return [];
  const found = await findOtherLedger(query, ledger, others);
  if (found === undefined) return [];
  const message = `The database has tenants with a schema each (${found} records migrations of this history): give --schema S for one of them, or --shared for what all share.`;
  return [{ code: "not-shared", migration: null, message }];
}
