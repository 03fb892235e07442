import { existsSync } from "node:fs";
import type { Contract } from "@thedata/releases";
import type { MigrationFolder } from "../history/folder.ts";
import type { LedgerTable } from "../ledger/tables.ts";
import type { Status } from "../plan/status.ts";
import type { Query } from "../postgres/connection.ts";
import { type Compatibility, findCompatibility } from "./compatibility.ts";
import { judgePlan } from "./gate.ts";
import { readContract, readContracts } from "./read-contracts.ts";
import type { ReleaseSettings } from "./settings.ts";
import { readVerdicts } from "./verdicts.ts";

export interface ReleasesRequest {
  readonly query: Query;
  readonly ledger: LedgerTable;
  readonly releases: ReleaseSettings;
  readonly folder: MigrationFolder;
}

/** Adds to a status whether this build's release works on the schema as it is, and what waits for an older release. */
export async function describeReleases(request: ReleasesRequest, status: Status): Promise<Status> {
  const own = await findOwnContract(request.releases);
  if (!own) return status;
  const { query, ledger } = request;
  const steps = status.pending.map(({ name }) => name);
  const gate = steps.length === 0 ? undefined : await judgePlan({ ...request, steps });
  const waiting = gate && gate.problems.length > 0 ? status.pending.slice(gate.allowed) : [];
  const verdicts = request.folder.directory === "" ? [] : readVerdicts(request.folder.directory);
  const { compatible, findings } = await findCompatibility(query, ledger, status, {
    loadContract: async () => own,
    // Whether or not the older release is retired: until the step is applied, this build must serve without it.
    isHeld: async (migration) => verdicts.some((one) => one.migration === migration && one.ends),
  });
  return { ...status, compatible, findings, held: status.held.length > waiting.length ? status.held : waiting };
}

/** Whether this build's release of the models works on a schema that newer migrations have made. */
export async function isCompatibleAhead(
  query: Query,
  ledger: LedgerTable,
  releases: ReleaseSettings,
  head: string | null,
): Promise<Compatibility> {
  const own = await findOwnContract(releases);
  if (!own) return { compatible: null, findings: [] };
  const given = { loadContract: async () => own, isHeld: async () => false };
  return await findCompatibility(query, ledger, { state: "ahead", head, pending: [] }, given);
}

/** The contract of the models of this build: as they are, or the newest release; undefined: none is kept. */
async function findOwnContract(releases: ReleaseSettings): Promise<Contract | undefined> {
  const { contract } = releases;
  if (contract !== undefined && existsSync(contract)) return await readContract(contract);
  return (await readContracts(releases)).at(-1);
}
