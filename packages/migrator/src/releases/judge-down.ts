import type { Contract } from "@thedata/releases";
import type { Problem } from "../errors.ts";
import { readRecordedVerdict, readReleases } from "../ledger/releases.ts";
import { findConnected, type GateRequest } from "./gate.ts";
import { readContracts } from "./read-contracts.ts";
import { findVerdict, readVerdicts } from "./verdicts.ts";

export interface DownRequest extends GateRequest {
  /** The migration that the database is at after `down`; null: none is left. */
  readonly target: string | null;
}

/** A release, by its contract or as the database was told of it. */
type Release = Pick<Contract, "package" | "version" | "digest" | "head">;

/**
 * Finds the connected releases that `down` would break: those made after the migration that it goes back to, also where
 * only the database knows them. A release that is supported and not connected is no reason: `down` is what an incident
 * calls for.
 */
export async function judgeDown(request: DownRequest): Promise<Problem[]> {
  const contracts = await readContracts(request.releases);
  const recorded = await readReleases(request.query, request.ledger);
  const [{ package: name = recorded[0]?.package } = {}] = contracts;
  const others = recorded.filter(
    (one) => one.package === name && !contracts.some(({ version }) => version === one.version),
  );
  const connected = await findConnected<Release>(request, [...contracts, ...others]);
  const problems: Problem[] = [];
  for (const [release, sessions] of connected) problems.push(...(await judgeOne(release, sessions, request)));
  return problems;
}

async function judgeOne(release: Release, sessions: number, request: DownRequest): Promise<Problem[]> {
  const { package: name, version, head } = release;
  const { steps, target } = request;
  // What is reverted came after the release was made.
  if (!steps.includes(head)) return [];
  const found = await findVerdictAt(release, request);
  if (found?.verdict === "works") return [];
  const how = found?.verdict === "depends" || found?.verdict === "unknown" ? "may not work" : "does not work";
  const why = found?.why ?? (found ? `the verdict is "${found.verdict}"` : "nothing says that it works there");
  const where = target === null ? "an empty schema" : `the schema after ${target}`;
  const message = `${name}@${version} has ${sessions} session${sessions === 1 ? "" : "s"} and ${how} on ${where}: ${why}. End it first, or go on without regard to it: "--disregard ${version}".`;
  return [{ code: "ends-release", migration: head, message }];
}

/** The verdict on a release at the target: that of the folder, or else the one that the database was told. */
async function findVerdictAt({ digest }: Release, { folder, target, query, ledger }: DownRequest) {
  if (target === null) return undefined;
  const { directory, manifest } = folder;
  const verdicts = directory === "" ? [] : readVerdicts(directory);
  const found = manifest && findVerdict(verdicts, manifest, target, digest);
  // A verdict has the findings that came with its migration; those before it go on.
  const earlier = verdicts.filter((one) => one.digest === digest && one.migration <= target);
  if (found)
    return {
      verdict: found.verdict,
      why: earlier.findLast(({ findings }) => findings.length > 0)?.findings[0]?.message,
    };
  const told = await readRecordedVerdict(query, ledger, target, digest);
  return told && { verdict: told.verdict, why: told.findings[0] };
}
