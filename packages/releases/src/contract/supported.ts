import { compare, satisfies, valid, validRange } from "semver";
import type { Contract } from "./contract.ts";
import { ContractError, releaseName } from "./parse-contract.ts";

/** Which releases are supported: the newest ones, a semver range, or versions by name. */
export type Supported = string | readonly string[];

/** Refuses a list of contracts that contradicts itself: of several packages, or with two contents for one version. */
export function checkContracts(contracts: readonly Contract[]): void {
  const [first] = contracts;
  for (const contract of contracts) {
    if (first && contract.package !== first.package)
      throw new ContractError(
        `The releases are of two packages, ${first.package} and ${contract.package}: keep those of one`,
      );
    const twin = contracts.find((other) => other !== contract && compare(other.version, contract.version) === 0);
    if (twin)
      throw new ContractError(
        `${releaseName(contract)} has two contracts: a version is released once. Give the newer one another version`,
      );
  }
}

/**
 * The contracts that are supported, the oldest first. Throws a `ContractError` where the words make no sense, or name
 * a version without a contract.
 */
export function findSupported<Release extends Pick<Contract, "version">>(
  contracts: readonly Release[],
  supported: Supported,
): Release[] {
  const sorted = contracts.toSorted((a, b) => compare(a.version, b.version));
  if (typeof supported !== "string")
    return supported.map((version) => findNamed(sorted, version)).toSorted((a, b) => compare(a.version, b.version));
  const [, count] = /^last (\d+)$/.exec(supported) ?? [];
  if (count !== undefined && Number(count) > 0) return sorted.slice(-Number(count));
  if (validRange(supported) === null || supported === "")
    throw new ContractError(
      `"supported" takes "last 2", a range such as ">=1.2", or a list of versions, not "${supported}"`,
    );
  const found = sorted.filter(({ version }) => satisfies(version, supported, { includePrerelease: true }));
  if (found.length > 0 || sorted.length === 0) return found;
  throw new ContractError(`"supported" is "${supported}", which no release fits; there are ${namesOf(sorted)}`);
}

const namesOf = (contracts: readonly Pick<Contract, "version">[]) =>
  contracts.map(({ version }) => version).join(", ") || "none";

function findNamed<Release extends Pick<Contract, "version">>(contracts: readonly Release[], version: string): Release {
  if (valid(version) === null)
    throw new ContractError(`"supported" names "${version}", which is no version such as 1.2.0`);
  const found = contracts.find((one) => compare(one.version, version) === 0);
  if (found) return found;
  throw new ContractError(`"supported" names ${version}, which has no contract; there are ${namesOf(contracts)}`);
}

/** True for a semver range. */
export function isRange(range: string): boolean {
  return validRange(range) !== null;
}

/** True for a version in a semver range; a prerelease counts as its version. */
export function satisfiesVersion(version: string, range: string): boolean {
  return satisfies(version, range, { includePrerelease: true });
}
