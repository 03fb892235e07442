import type { StepResult } from "./execute/step.ts";
import type { MigratorError, Problem } from "./errors.ts";

/** What a run did. */
export interface Report {
  readonly outcome: "applied" | "reverted" | "nothing" | "planned" | "failed" | "refused";
  readonly steps: readonly StepResult[];
  readonly problems: readonly Problem[];
  readonly error: MigratorError | null;
  /** With a dry run: the statements of each step. */
  readonly sql?: readonly { readonly name: string; readonly statements: readonly string[] }[];
}

/** A step that is not done. */
export function unrun(name: string, result: StepResult["result"]): StepResult {
  return { name, result, durationMs: 0, statements: 0 };
}
