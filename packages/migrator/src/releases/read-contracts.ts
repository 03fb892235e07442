import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Contract } from "@thedata/releases";
import { ConfigurationError, RefusedError } from "../errors.ts";
import type { ReleaseSettings } from "./settings.ts";

/**
 * Reads the contracts of released models, the oldest first. Throws a `ConfigurationError` for a file that is none, and a
 * `RefusedError` for one that was changed.
 */
export async function readContracts({ folder }: Pick<ReleaseSettings, "folder">): Promise<Contract[]> {
  const { checkContracts, findSupported } = await import("@thedata/releases");
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  const contracts: Contract[] = [];
  for (const name of names.toSorted()) contracts.push(await readContract(path.join(folder, name), name));
  return await asOurs(() => {
    checkContracts(contracts);
    return findSupported(contracts, "*");
  });
}

/** Reads one contract; `named` is the name that its file must have. Throws as `readContracts` does. */
export async function readContract(file: string, named?: string): Promise<Contract> {
  const { contractFile, parseContract } = await import("@thedata/releases");
  const contract = await asOurs(() => parseContract(readText(file), file));
  if (named === undefined || named === contractFile(contract)) return contract;
  throw new ConfigurationError(
    `${file} is the contract of ${contract.package}@${contract.version}: name it ${contractFile(contract)}`,
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new ConfigurationError(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** Turns the errors of contracts into the engine's. */
export async function asOurs<Result>(work: () => Result): Promise<Result> {
  const { ContractError } = await import("@thedata/releases");
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof ContractError)) throw cause;
    if (cause.reason === "changed") throw new RefusedError(cause.message, { cause });
    throw new ConfigurationError(cause.message, { cause });
  }
}

/** The supported contracts, the oldest first. Throws as `readContracts` does, and for one whose head the history lacks. */
export async function findSupportedContracts(
  contracts: readonly Contract[],
  { supported }: Pick<ReleaseSettings, "supported">,
  names: readonly string[],
): Promise<Contract[]> {
  const { findSupported, releaseName } = await import("@thedata/releases");
  const found = await asOurs(() => findSupported(contracts, supported));
  const lost = found.find(({ head }) => !names.includes(head));
  if (!lost) return found;
  throw new ConfigurationError(
    `The contract of ${releaseName(lost)} was made at ${lost.head}, which this history does not have: restore the migration, or end the support of this release`,
  );
}
