import type { Contract } from "@thedata/releases";
import type { Problem } from "../errors.ts";
import { findConnected, type GateRequest } from "./gate.ts";
import { readContracts } from "./read-contracts.ts";
import { findVerdict, readVerdicts } from "./verdicts.ts";

export interface DownRequest extends Omit<GateRequest, "ledger"> {
  /** The migration that the database is at after `down`; null: none is left. */
  readonly target: string | null;
}

/**
 * Finds the connected releases that `down` would break: those made after the migration that it goes back to. A release
 * that is supported and not connected is no reason: `down` is what an incident calls for.
 */
export async function judgeDown(request: DownRequest): Promise<Problem[]> {
  const contracts = await readContracts(request.releases);
  const connected = await findConnected(request, contracts);
  return [...connected].flatMap(([contract, sessions]) => judgeOne(contract, sessions, request));
}

function judgeOne(
  { package: name, version, digest, head }: Contract,
  sessions: number,
  { folder, steps, target }: DownRequest,
): Problem[] {
  const { directory, manifest } = folder;
  // What is reverted came after the release was made.
  if (!steps.includes(head)) return [];
  const verdicts = directory === "" ? [] : readVerdicts(directory);
  const found = target !== null && manifest ? findVerdict(verdicts, manifest, target, digest) : undefined;
  if (found?.verdict === "works") return [];
  const why = found?.findings[0]?.message ?? "nothing says that it works there";
  const where = target === null ? "an empty schema" : `the schema after ${target}`;
  const message = `${name}@${version} has ${sessions} session${sessions === 1 ? "" : "s"} and does not work on ${where}: ${why}. End it first, or go on without regard to it: "--disregard ${version}".`;
  return [{ code: "ends-release", migration: head, message }];
}
