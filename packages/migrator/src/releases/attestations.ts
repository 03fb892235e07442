import type { Contract, Finding } from "@thedata/releases";
import { ConfigurationError } from "../errors.ts";
import { type MigrationFile, readSource } from "../history/folder.ts";

/** What an author vouches for: that a release does not mind what nobody can tell from the schema. */
export interface Attestation {
  readonly migration: string;
  /** The package and a semver range: `@thedata/models@0.2`. */
  readonly package: string;
  readonly range: string;
  /** `users.note`, or `users`. */
  readonly subject: string;
  readonly reason: string;
}

/**
 * Reads the lines `@tolerates @thedata/models@0.2 users.note: reason` in the comments of a migration's file. Throws a
 * `ConfigurationError` for one that says less.
 */
export function readAttestations(file: MigrationFile, validRange: (range: string) => boolean): Attestation[] {
  const source = file.listed ? "" : readSource(file).toString();
  return [...source.matchAll(/@tolerates\b([^\n]*)/g)].map(([line, rest = ""]) => {
    const text = rest.replace(/\*\/.*$/, "").trim();
    const [, name, range, subject, reason] = /^(@?[\w./-]+)@(\S+)\s+([^:\s][^:]*?):\s*(\S.*)$/.exec(text) ?? [];
    if (name !== undefined && range !== undefined && subject !== undefined && reason !== undefined && validRange(range))
      return { migration: file.name, package: name, range, subject, reason };
    throw new ConfigurationError(
      `${file.name}: "${line.trim()}" says too little, or no range: write "@tolerates PACKAGE@RANGE TABLE.COLUMN: reason"`,
    );
  });
}

/** The attestation that a finding of a release has; `breaks` and `wrong` are never attested. */
export function findAttestation(
  finding: Pick<Finding, "verdict" | "table" | "column">,
  contract: Pick<Contract, "package" | "version">,
  attestations: readonly Attestation[],
  satisfies: (version: string, range: string) => boolean,
): Attestation | undefined {
  if (finding.verdict !== "depends" && finding.verdict !== "unknown") return undefined;
  return attestations.find((one) => concerns(one, finding, contract, satisfies));
}

/** True where an attestation is about this column, or about this table as a whole, of this release. */
export function concerns(
  attestation: Attestation,
  { table, column }: Pick<Finding, "table" | "column">,
  { package: name, version }: Pick<Contract, "package" | "version">,
  satisfies: (version: string, range: string) => boolean,
): boolean {
  const subject = [table, column].filter((part) => part !== null).join(".");
  const isOfRelease = attestation.package === name && satisfies(version, attestation.range);
  return isOfRelease && ownNames(attestation.subject) === ownNames(subject);
}

/** Quotes do not matter: a name that needs some in SQL is the same name here. */
const ownNames = (name: string) => name.replaceAll('"', "").replace(/^public\./, "");
