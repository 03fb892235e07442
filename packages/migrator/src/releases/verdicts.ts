import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Finding, Verdict } from "@thedata/releases";
import { RefusedError } from "../errors.ts";
import { sha256 } from "../hash.ts";
import type { Manifest } from "../history/manifest.ts";
import { replaceFile } from "../replace-file.ts";

/** How a release does on the schema after a migration. */
export interface StoredVerdict {
  readonly migration: string;
  /** The manifest's link of the migration: it covers all before it, so that a changed history makes this stale. */
  readonly link: string;
  /** The release: its contract's digest, and its name for people. */
  readonly digest: string;
  readonly release: string;
  /** Without what was attested. */
  readonly verdict: Verdict;
  /** True: the migration brings this release something that it, made before it, does not survive or may not. */
  readonly ends: boolean;
  /** What the migration brought; not what was so before it. */
  readonly findings: readonly StoredFinding[];
}

/** A finding, with the reason where an author vouches for it. */
export type StoredFinding = Finding & { readonly attested?: string | undefined };

export const verdictsFile = "verdicts.json";

/** The text of the verdicts beside a manifest; empty where there is no such file. */
export function readVerdictText(directory: string): string {
  const file = path.join(directory, verdictsFile);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** Reads the verdicts beside a manifest; none where there is no such file. Throws a `RefusedError` for a broken one. */
export function readVerdicts(directory: string): readonly StoredVerdict[] {
  const file = path.join(directory, verdictsFile);
  if (!existsSync(file)) return [];
  const { version, digest, verdicts } = parse(readFileSync(file, "utf8"));
  const wayOut = `make it again with "migrator check --fix"`;
  if (version !== 1 || !Array.isArray(verdicts) || !verdicts.every(isVerdict))
    throw new RefusedError(`${file} is not a list of verdicts of version 1: ${wayOut}`);
  if (digest === digestOf(verdicts)) return verdicts;
  throw new RefusedError(`${file} was changed after it was written, by hand or by a merge: ${wayOut}`);
}

function parse(text: string): { version?: unknown; digest?: unknown; verdicts?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as ReturnType<typeof parse>;
  } catch {
    return {};
  }
}

/** An edit of a verdict would let a step pass that a release does not survive. */
function digestOf(verdicts: readonly StoredVerdict[]): string {
  return sha256(JSON.stringify(verdicts));
}

function isVerdict(value: unknown): value is StoredVerdict {
  const { migration, link, digest, release, verdict, ends, findings } = (value ?? {}) as Partial<StoredVerdict>;
  const texts = [migration, link, digest, release, verdict];
  return (
    texts.every((text) => typeof text === "string") &&
    typeof ends === "boolean" &&
    Array.isArray(findings) &&
    findings.every((finding) => typeof (finding as StoredFinding | null)?.message === "string")
  );
}

/** The verdicts as the text of their file: a line for each. */
export function renderVerdicts(verdicts: readonly StoredVerdict[]): string {
  const lines = verdicts.map((one) => `    ${JSON.stringify(one)}`);
  return `{\n  "version": 1,\n  "digest": "${digestOf(verdicts)}",\n  "verdicts": [${lines.length > 0 ? `\n${lines.join(",\n")}\n  ` : ""}]\n}\n`;
}

/** Writes the verdicts of a folder in one step. */
export async function writeVerdicts(directory: string, verdicts: readonly StoredVerdict[]): Promise<void> {
  await replaceFile(path.join(directory, verdictsFile), renderVerdicts(verdicts));
}

/** The stored verdict of a release after a migration; undefined: there is none, or the history before it has changed. */
export function findVerdict(
  verdicts: readonly StoredVerdict[],
  manifest: Manifest,
  migration: string,
  digest: string,
): StoredVerdict | undefined {
  const link = manifest.migrations.find(({ name }) => name === migration)?.link;
  return verdicts.find((one) => one.migration === migration && one.digest === digest && one.link === link);
}
