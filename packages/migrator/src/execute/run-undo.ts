import { MigratorError } from "../errors.ts";
import type { LoadedMigration } from "../history/load.ts";
import { type Plan, type Report, sourceOf, type StepResult, unrun } from "../report.ts";
import type { Context } from "./context.ts";
import { groupsOf, revertGroup, type UnderWay } from "./revert-together.ts";
import type { Run } from "./run.ts";
import { recordFailure } from "./step.ts";

/**
 * Runs a plan that reverts migrations by the undo in the ledger: those that can share a transaction are reverted
 * together or not at all. A `MigratorError` is in the report.
 */
export async function runUndo(
  run: Run,
  context: Context,
  plan: Plan,
  loaded: readonly LoadedMigration[],
): Promise<Report> {
  const done: StepResult[] = [];
  for (const group of groupsOf(loaded)) {
    const underWay: UnderWay = { name: group[0]?.name ?? "" };
    const started = performance.now();
    try {
      const results = await revertGroup(run, context, group, underWay);
      done.push(...results.map((step) => ({ ...step, ...sourceOf(step.name, plan) })));
    } catch (error) {
      if (!(error instanceof MigratorError)) throw error;
      const durationMs = Math.round(performance.now() - started);
      const failed = { ...unrun(underWay.name, "failed", plan), durationMs };
      await recordFailure(run, underWay.name, error, durationMs);
      context.onEvent({ type: "finished", step: failed });
      return { outcome: "failed", steps: withFailure(plan, done, failed), problems: [], error };
    }
    for (const step of done.slice(-group.length)) context.onEvent({ type: "finished", step });
  }
  return { outcome: "reverted", steps: done, problems: [], error: null };
}

/** What was reverted, what failed, and what was not run or was rolled back with it. */
function withFailure(plan: Plan, done: readonly StepResult[], failed: StepResult): StepResult[] {
  const rest = plan.steps.slice(done.length);
  return [...done, ...rest.map((name) => (name === failed.name ? failed : unrun(name, "notRun", plan)))];
}
