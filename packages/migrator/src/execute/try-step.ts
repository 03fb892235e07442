import { InterruptedError } from "../errors.ts";
import { scriptOf } from "../history/load.ts";
import { inSpan } from "../postgres/tracing.ts";
import type { StepResult } from "../report.ts";
import type { Context } from "./context.ts";
import { retryOnLockTimeout } from "./retry.ts";
import type { Run, Step } from "./run.ts";
import { applyStep } from "./step.ts";

/** Applies or reverts one migration, again and again while it does not get its locks. Throws like `applyStep`. */
export async function tryStep(run: Run, { lockBudgetMs, onEvent, signal }: Context, step: Step): Promise<StepResult> {
  const { migration, direction } = step;
  if (signal?.aborted) throw new InterruptedError();
  const attempt = async () => await inSpanOf(run, step, async () => await applyStep(run, step));
  return await retryOnLockTimeout(attempt, {
    // Code that has run outside a transaction is not run again.
    budgetMs: !migration.transactional && scriptOf(migration, direction).computed ? 0 : lockBudgetMs,
    signal,
    onRetry: (attempt, pauseMs) => onEvent({ type: "retrying", name: migration.name, attempt, pauseMs }),
  });
}

/** Traces the work on one migration. */
export async function inSpanOf<Result>(
  run: Run,
  { migration, direction }: Step,
  work: () => Promise<Result>,
): Promise<Result> {
  const attributes = () => ({
    "migrator.run": run.runId,
    "migrator.migration": migration.name,
    "migrator.direction": direction,
  });
  return await inSpan(`migration ${migration.name}`, attributes, work);
}
