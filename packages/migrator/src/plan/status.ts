import type { KnownMigration } from "../history/load.ts";
import type { LockHolder } from "../events.ts";
import { checkHistory, checkPlan, isAhead } from "./integrity.ts";
import type { Problem } from "../errors.ts";
import type { AppliedMigration } from "../ledger/ledger.ts";
import type { Manifest } from "../history/manifest.ts";
import { halfDone } from "./half-done.ts";
import { planUp } from "./plan.ts";
import type { Progress } from "../ledger/progress.ts";

/** The state of a database compared with a history. */
export interface Status {
  /** `half-done`: a migration outside a transaction was cut off, and is neither applied nor reverted. */
  readonly state: "empty" | "behind" | "current" | "ahead" | "diverged" | "half-done";
  /** The newest migration that is applied. */
  readonly head: string | null;
  /** The newest migration of the history: where `up` goes. */
  readonly target: string | null;
  readonly applied: readonly AppliedMigration[];
  readonly pending: readonly { readonly name: string }[];
  /** Those of them that wait: for a backfill, their own or one before them, or for an older release to end. */
  readonly held: readonly { readonly name: string }[];
  /** Whether this build's release of the models works on the schema as it is; null: not known. */
  readonly compatible: boolean | null;
  /** What stands against that, in full sentences. */
  readonly findings: readonly string[];
  /** The half-done migration; null: none. */
  readonly halfDone: Progress | null;
  readonly problems: readonly Problem[];
  /** The session that holds the lock at this moment; null: none, or not looked up. */
  readonly runner: LockHolder | null;
}

/** Compares a history with what is applied. Names and checksums suffice, as a manifest has them. */
export function summarize(
  history: readonly {
    readonly name: string;
    readonly checksum?: string | null;
    readonly reversible?: boolean | null;
  }[],
  applied: readonly AppliedMigration[],
  { manifest, progress }: { manifest?: Manifest | undefined; progress?: Progress | undefined } = {},
): Status {
  const known: KnownMigration[] = history.map(({ name, checksum = null, reversible = null }) => ({
    name,
    checksum,
    reversible,
  }));
  const plan = planUp(known, applied);
  const contradictions = [...checkHistory(known, applied, manifest), ...checkPlan(known, applied, plan)];
  const problems = [...(progress ? [halfDone(progress)] : []), ...contradictions];
  const state = progress ? "half-done" : stateOf(known, applied, plan.steps, problems);
  return {
    state,
    head: applied.at(-1)?.name ?? null,
    target: known.at(-1)?.name ?? null,
    applied,
    pending: plan.steps.map((name) => ({ name })),
    held: [],
    compatible: state === "current" ? true : null,
    findings: [],
    halfDone: progress ?? null,
    problems,
    runner: null,
  };
}

function stateOf(
  history: readonly KnownMigration[],
  applied: readonly AppliedMigration[],
  pending: readonly string[],
  problems: readonly Problem[],
): Status["state"] {
  if (problems.length > 0) return "diverged";
  if (isAhead(history, applied)) return "ahead";
  if (pending.length === 0) return "current";
  return applied.length === 0 ? "empty" : "behind";
}
