import { existsSync } from "node:fs";
import type { Contract } from "@thedata/releases";
import { ConfigurationError, type Problem } from "../errors.ts";
import { versionOf } from "./release-name.ts";
import type { MigrationFolder } from "../history/folder.ts";
import { findSessions, readReleases, type RecordedRelease, type RecordedVerdict } from "../ledger/releases.ts";
import type { LedgerTable } from "../ledger/tables.ts";
import type { Query } from "../postgres/connection.ts";
import { findSupportedContracts, readContract, readContracts } from "./read-contracts.ts";
import type { ReleaseSettings } from "./settings.ts";
import { findVerdict, readVerdicts, type StoredVerdict, verdictsFile } from "./verdicts.ts";

/** What releases mean to a plan of `up`. */
export interface Gate {
  /** How many steps of the plan end no release that must work. */
  readonly allowed: number;
  /** Why the next step must wait; empty: every step is allowed. */
  readonly problems: readonly Problem[];
  /** What is recorded of releases with a migration. */
  readonly verdictsOf: (migration: string) => readonly RecordedVerdict[];
  readonly contracts: readonly Contract[];
}

export interface GateRequest {
  readonly query: Query;
  readonly ledger: LedgerTable;
  readonly releases: ReleaseSettings;
  readonly folder: MigrationFolder;
  /** The migrations to apply, in this order. */
  readonly steps: readonly string[];
  /** Releases whose sessions do not count, as `1.4.0` or `@thedata/models@1.4.0`. */
  readonly disregard?: readonly string[] | undefined;
}

/**
 * Finds the step of a plan that would end a release which must work: one that is supported and not retired, or one that
 * is connected now. Throws a `MigratorError` where contracts or verdicts cannot be relied on.
 */
export async function judgePlan(request: GateRequest): Promise<Gate> {
  const { query, ledger, releases, folder, steps } = request;
  const names = folder.files.map(({ name }) => name);
  const contracts = await readContracts(releases);
  const verdicts = folder.directory === "" ? [] : readVerdicts(folder.directory);
  const recorded = await readReleases(query, ledger);
  const problems = [...checkDigests(contracts, recorded), ...(await checkComplete(releases, contracts, verdicts))];
  if (problems.length > 0) return { allowed: 0, problems, verdictsOf: () => [], contracts };
  const isFirst = recorded.length === 0 && steps.every((migration, index) => migration === names[index]);
  const must = await findRequired(request, contracts, isFirst ? "empty" : recorded);
  for (const [index, migration] of steps.entries()) {
    problems.push(...must.flatMap((one) => judgeStep(one, { migration, names, folder, verdicts })));
    if (problems.length > 0) return { allowed: index, problems, verdictsOf: recorder(verdicts, folder), contracts };
  }
  return { allowed: steps.length, problems: [], verdictsOf: recorder(verdicts, folder), contracts };
}

/** A release that must work, and why. */
interface Required {
  readonly contract: Contract;
  /** How many sessions of it are connected, where it is not supported otherwise; null: it is supported. */
  readonly sessions: number | null;
}

/** On an empty database no release runs, but one may be connected. */
async function findRequired(
  request: GateRequest,
  contracts: readonly Contract[],
  recorded: readonly RecordedRelease[] | "empty",
): Promise<Required[]> {
  const { releases, folder } = request;
  const names = folder.files.map(({ name }) => name);
  const isRetired = ({ version }: Contract) =>
    recorded === "empty" || recorded.some((one) => one.version === version && one.retiredAt !== null);
  const supported = (await findSupportedContracts(contracts, releases, names)).filter((one) => !isRetired(one));
  const connected = [...(await findConnected(request, contracts))].filter(
    ([contract]) => !supported.includes(contract) && names.includes(contract.head),
  );
  return [
    ...supported.map((contract) => ({ contract, sessions: null })),
    ...connected.map(([contract, sessions]) => ({ contract, sessions })),
  ];
}

/** The releases that are connected now, with the number of their sessions, without those that are to be disregarded. */
export async function findConnected<Release extends Pick<Contract, "package" | "version">>(
  { query, disregard = [] }: Pick<GateRequest, "query" | "disregard">,
  contracts: readonly Release[],
): Promise<ReadonlyMap<Release, number>> {
  const [first] = contracts;
  if (!first) return new Map();
  const ignored = new Set(disregard.map((name) => versionOf(name, first.package)));
  const unknown = [...ignored].find((version) => !contracts.some((one) => one.version === version));
  if (unknown !== undefined)
    throw new ConfigurationError(
      `--disregard names ${unknown}, which has no contract; there are ${contracts.map(({ version }) => version).join(", ")}`,
    );
  const sessions = await findSessions(query, first.package);
  const connected = contracts.filter(({ version }) => sessions.has(version) && !ignored.has(version));
  return new Map(connected.map((contract) => [contract, sessions.get(contract.version) ?? 0]));
}

/** A version that was recorded with another content was not released once. */
function checkDigests(contracts: readonly Contract[], recorded: readonly RecordedRelease[]): Problem[] {
  return contracts.flatMap(({ package: name, version, digest }): Problem[] => {
    const other = recorded.find((one) => one.package === name && one.version === version && one.digest !== digest);
    if (!other) return [];
    const message = `The database knows ${name}@${version} with another contract (${other.digest.slice(0, 12)}… there, ${digest.slice(0, 12)}… here): a version is released once. Give the newer one another version.`;
    return [{ code: "verdict", migration: null, message }];
  });
}

/** Without a contract nobody would wait for its release, although the verdicts were made for it, too. */
async function checkComplete(
  { folder, contract }: ReleaseSettings,
  contracts: readonly Contract[],
  verdicts: readonly StoredVerdict[],
): Promise<Problem[]> {
  const own = contract !== undefined && existsSync(contract) ? [await readContract(contract)] : [];
  const known = new Set([...contracts, ...own].map((one) => `${one.package}@${one.version}`));
  const lost = verdicts.find(({ release }) => !known.has(release));
  if (!lost) return [];
  const message = `${verdictsFile} knows ${lost.release}, and its contract is not in ${folder}: put it back, in an image too; or, where it was taken out on purpose, run "migrator check --fix" and commit what it writes.`;
  return [{ code: "verdict", migration: null, message }];
}

interface StepRequest {
  readonly migration: string;
  readonly names: readonly string[];
  readonly folder: MigrationFolder;
  readonly verdicts: readonly StoredVerdict[];
}

function judgeStep({ contract, sessions }: Required, { migration, names, folder, verdicts }: StepRequest): Problem[] {
  const { package: name, version, digest, head } = contract;
  // What came before a release was made is part of it.
  if (names.indexOf(migration) <= names.indexOf(head)) return [];
  const found = folder.manifest && findVerdict(verdicts, folder.manifest, migration, digest);
  if (!found) {
    const message = `${migration}: nothing says whether ${name}@${version} works after it, or the history has changed since: run "migrator check --fix", and commit what it writes.`;
    return [{ code: "verdict", migration, message }];
  }
  if (!found.ends) return [];
  const why = found.findings.filter(({ attested }) => attested === undefined).map(({ message }) => message);
  const more = why.length > 1 ? `, and ${why.length - 1} more` : "";
  const whose =
    sessions === null
      ? "which is supported"
      : `of which ${sessions} session${sessions === 1 ? " is" : "s are"} connected`;
  const wayOut =
    sessions === null
      ? `Once none of it runs, end its support: "migrator releases retire ${version}". Until then, "migrator up --phase expand" applies what may be applied`
      : `Wait until they end, or go on without regard to them: "--disregard ${version}"`;
  const message = `${migration} ends ${name}@${version}, ${whose}: ${why[0] ?? "it does not work after it"}${more}. ${wayOut}.`;
  return [{ code: "ends-release", migration, message }];
}

/** What is recorded with a migration: the verdict on the schema after it, and everything that led to it. */
function recorder(verdicts: readonly StoredVerdict[], { manifest }: MigrationFolder): Gate["verdictsOf"] {
  const names = manifest?.migrations.map(({ name }) => name) ?? [];
  const isCurrent = ({ migration, link }: StoredVerdict) =>
    manifest?.migrations.some((entry) => entry.name === migration && entry.link === link) === true;
  const known = verdicts.filter(isCurrent);
  const whyOf = ({ digest, migration }: StoredVerdict) =>
    known
      .filter((one) => one.digest === digest && (one.ends || one.migration === migration))
      .filter((one) => names.indexOf(one.migration) <= names.indexOf(migration))
      .flatMap(({ findings }) =>
        findings.filter(({ attested }) => attested === undefined).map(({ message }) => message),
      );
  return (migration) =>
    known
      .filter((one) => one.migration === migration)
      .map((one) => ({ migration, digest: one.digest, verdict: one.verdict, findings: [...new Set(whyOf(one))] }));
}
