import { applyStep, recordFailure, type StepResult } from "./step.ts";
import type { Context } from "../context.ts";
import { InterruptedError, MigratorError } from "../errors.ts";
import type { LoadedMigration } from "../load.ts";
import type { Direction, Plan } from "../plan.ts";
import { ensureLedger } from "../prepare-ledger.ts";
import { type Report, unrun } from "../report.ts";
import { retryOnLockTimeout } from "./retry.ts";
import type { Run } from "./run.ts";
import { inSpan } from "../span.ts";

/** Runs a plan, step by step, under the lock; what goes wrong is in the report. */
export async function runPlan(
  session: Run,
  context: Context,
  { plan, loaded }: { readonly plan: Plan; readonly loaded: readonly LoadedMigration[] },
): Promise<Report> {
  await ensureLedger(session.connection, context.ledger);
  context.onEvent({ type: "planned", plan });
  const steps: StepResult[] = [];
  for (const [index, migration] of loaded.entries()) {
    const another = index < loaded.length - 1;
    context.onEvent({ type: "started", name: migration.name, direction: plan.direction });
    const started = performance.now();
    try {
      steps.push(await tryStep({ ...session, another }, context, migration, plan.direction));
    } catch (error) {
      const failed: StepResult = {
        ...unrun(migration.name, "failed"),
        durationMs: Math.round(performance.now() - started),
      };
      await recordFailure(session, migration.name, error as Error, failed.durationMs);
      context.onEvent({ type: "finished", step: failed });
      return failure(plan, [...steps, failed], error);
    }
    context.onEvent({ type: "finished", step: steps.at(-1) as StepResult });
  }
  return { outcome: plan.direction === "up" ? "applied" : "reverted", steps, problems: [], error: null };
}

async function tryStep(
  run: Run,
  { lockBudgetMs, onEvent, signal }: Context,
  migration: LoadedMigration,
  direction: Direction,
): Promise<StepResult> {
  if (signal?.aborted) throw new InterruptedError();
  const attributes = () => ({
    "migrator.run": run.runId,
    "migrator.migration": migration.name,
    "migrator.direction": direction,
  });
  const attempt = async () =>
    await inSpan(`migration ${migration.name}`, attributes, async () => await applyStep(run, migration, direction));
  return await retryOnLockTimeout(attempt, {
    budgetMs: lockBudgetMs,
    signal,
    onRetry: (attempt, pauseMs) => onEvent({ type: "retrying", name: migration.name, attempt, pauseMs }),
  });
}

function failure(plan: Plan, done: readonly StepResult[], error: unknown): Report {
  if (!(error instanceof MigratorError)) throw error;
  const rest = plan.steps.slice(done.length).map((name) => unrun(name, "notRun"));
  return { outcome: "failed", steps: [...done, ...rest], problems: [], error };
}
