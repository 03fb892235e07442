import type { Finding, Verdict } from "@thedata/releases";
import type { Attestation } from "../releases/attestations.ts";
import type { StoredFinding, StoredVerdict } from "../releases/verdicts.ts";

/** A release, as a column of the matrix. */
export interface ReleaseColumn {
  /** `@thedata/models@1.2.0`. */
  readonly name: string;
  readonly digest: string;
  /** The migration at which it was made. */
  readonly head: string;
  readonly supported: boolean;
  /** True: the models as they are, not yet released. */
  readonly working: boolean;
}

/** How the releases do after a migration. */
export interface CompatStep {
  readonly migration: string;
  /** In the order of the columns. */
  readonly verdicts: readonly { readonly verdict: Verdict; readonly findings: readonly StoredFinding[] }[];
  /** The supported releases that it ends. */
  readonly ends: readonly string[];
}

/** What one release meets in rows of another, at the end of the history. */
export interface CompatPair {
  readonly writer: string;
  readonly reader: string;
  readonly findings: readonly Finding[];
}

/** Releases by steps. */
export interface CompatReport {
  /** `refused`: a supported release does not work somewhere, or nobody can tell whether it does. */
  readonly outcome: "ok" | "refused";
  readonly releases: readonly ReleaseColumn[];
  readonly steps: readonly CompatStep[];
  readonly pairs: readonly CompatPair[];
  /** Tables and columns that a release with a contract maps, and neither a supported one nor the models as they are. */
  readonly droppable: readonly string[];
  /** Attestations that nothing needs. */
  readonly needless: readonly Attestation[];
  /** What a folder of verdicts has to hold. */
  readonly verdicts: readonly StoredVerdict[];
}
