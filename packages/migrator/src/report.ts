import type { MigratorError, Problem } from "./errors.ts";

/** Which way a migration is run. */
export type Direction = "up" | "down";

/** The migrations to run, in this order. */
export interface Plan {
  readonly direction: Direction;
  /** Full names of migrations. */
  readonly steps: readonly string[];
  /** Those of them that this history has no file of, and that are reverted by the undo in the ledger. */
  readonly fromLedger?: readonly string[] | undefined;
}

/** What happened to one migration. */
export interface StepResult {
  readonly name: string;
  /** `held`: a backfill is not done, its own or one before it. */
  readonly result: "applied" | "reverted" | "failed" | "notRun" | "planned" | "held";
  /** How long it took, in milliseconds; 0 when it did not run. */
  readonly durationMs: number;
  /** What a held step waits for: a backfill, or a release of the models that must work. */
  readonly heldBy?: "backfill" | "release" | undefined;
  /** How many statements it sent, or would send. */
  readonly statements: number;
  /** `ledger`: it is reverted by the undo that is stored there; left out: the statements are those of its file. */
  readonly source?: "ledger";
}

/** What a run did. */
export interface Report {
  readonly outcome: "applied" | "reverted" | "nothing" | "planned" | "failed" | "refused";
  readonly steps: readonly StepResult[];
  readonly problems: readonly Problem[];
  readonly error: MigratorError | null;
  /** With a dry run: the statements of each step. */
  readonly sql?: readonly { readonly name: string; readonly statements: readonly string[] }[];
}

/** A step's result without duration and statements; with its source, where the plan is given. */
export function unrun(name: string, result: StepResult["result"], plan?: Plan): StepResult {
  return { name, result, durationMs: 0, statements: 0, ...sourceOf(name, plan) };
}

/** Where a step's statements come from, as its result says it. */
export function sourceOf(name: string, plan: Plan | undefined): Pick<StepResult, "source"> {
  return plan?.fromLedger?.includes(name) ? { source: "ledger" } : {};
}
