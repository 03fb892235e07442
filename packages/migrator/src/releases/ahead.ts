import type { LedgerTable } from "../ledger/tables.ts";
import type { Query } from "../postgres/connection.ts";
import { type Compatibility, findCompatibility } from "./compatibility.ts";
import { findOwnContract } from "./describe-releases.ts";
import type { ReleaseSettings } from "./settings.ts";

/** Whether this build's release of the models works on a schema that newer migrations have made. */
export async function isCompatibleAhead(
  query: Query,
  ledger: LedgerTable,
  releases: ReleaseSettings,
  head: string | null,
): Promise<Compatibility> {
  const own = await findOwnContract(releases);
  if (!own) return { compatible: null, findings: [], waits: false };
  const given = { loadContract: async () => own, isHeld: async () => false };
  return await findCompatibility(query, ledger, { state: "ahead", head, pending: [] }, given);
}
