import { InterruptedError, MigrationFailedError } from "../errors.ts";
import { type LoadedMigration, scriptOf } from "../history/load.ts";
import { rollBack } from "../postgres/transaction.ts";
import type { StepResult } from "../report.ts";
import type { Context } from "./context.ts";
import { toCommands } from "./pipeline.ts";
import { retryOnLockTimeout } from "./retry.ts";
import type { Run, Step } from "./run.ts";
import { withNotices } from "./step.ts";
import { ending, opening, ownRole, recording, send, settings } from "./transaction-commands.ts";
import { inSpanOf, tryStep } from "./try-step.ts";
import { watchStep } from "./watch-step.ts";

/**
 * Groups the migrations of a plan: those that can share a transaction and follow each other are one group, so that they
 * are reverted together or not at all.
 */
export function groupsOf(migrations: readonly LoadedMigration[]): LoadedMigration[][] {
  const groups: LoadedMigration[][] = [];
  const shares = (one: LoadedMigration | undefined) =>
    one !== undefined && one.transactional && !scriptOf(one, "down").computed;
  for (const migration of migrations) {
    const last = groups.at(-1);
    if (last && shares(last[0]) && shares(migration)) last.push(migration);
    else groups.push([migration]);
  }
  return groups;
}

/** Which migration of a group is under way. */
export interface UnderWay {
  name: string;
}

/**
 * Reverts a group and gives a result for each; tries again while it does not get its locks. `underWay` names the
 * migration that is at work, also after a failure. Throws like `applyStep`, and then nothing of the group is reverted.
 */
export async function revertGroup(
  run: Run,
  context: Context,
  group: readonly LoadedMigration[],
  underWay: UnderWay,
): Promise<StepResult[]> {
  const [first, second] = group;
  if (first && !second) {
    context.onEvent({ type: "started", name: first.name, direction: "down" });
    return [await tryStep(run, context, { migration: first, direction: "down" })];
  }
  const { lockBudgetMs: budgetMs, signal } = context;
  const attempt = async () => await revertTogether(run, group, underWay);
  return await retryOnLockTimeout(attempt, {
    budgetMs,
    signal,
    onRetry: (attempt, pauseMs) => context.onEvent({ type: "retrying", name: underWay.name, attempt, pauseMs }),
  });
}

async function revertTogether(
  outer: Run,
  group: readonly LoadedMigration[],
  underWay: UnderWay,
): Promise<StepResult[]> {
  // What is heard of the transaction is about the migration that is under way.
  const run: Run = {
    ...outer,
    onEvent: (event) => outer.onEvent("name" in event ? { ...event, name: underWay.name } : event),
  };
  const work = async () => await withNotices(run, underWay.name, async () => await sendGroup(run, group, underWay));
  return await watchStep(run, underWay.name, { inTransaction: true }, async () => {
    try {
      return await work();
    } catch (error) {
      const end = await rollBack(run.connection);
      if (error instanceof MigrationFailedError) error.rolledBack = end === "rolledBack";
      throw error;
    }
  });
}

async function sendGroup(run: Run, group: readonly LoadedMigration[], underWay: UnderWay): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const migration of group) {
    if (run.signal?.aborted) throw new InterruptedError();
    underWay.name = migration.name;
    run.onEvent({ type: "started", name: migration.name, direction: "down" });
    const step: Step = { migration, direction: "down" };
    const isFirst = results.length === 0;
    results.push(await inSpanOf(run, step, async () => await sendOne(run, step, isFirst ? opening : reopening)));
  }
  const last = group.at(-1);
  if (last) await send(run, { migration: last }, ending(run), []);
  return results;
}

/** Sends a step of the open transaction, and then its record, with the time that it took. */
async function sendOne(run: Run, step: Step, begin: typeof opening): Promise<StepResult> {
  const { name } = step.migration;
  const { statements } = scriptOf(step.migration, "down");
  const started = performance.now();
  await send(run, step, [...begin(run, step), ...toCommands(statements)], statements);
  const durationMs = Math.round((performance.now() - started) * 1000) / 1000;
  const record = [...toTexts(ownRole), ...recording(run, { ...step, tookMs: durationMs })];
  // As at the end of a transaction of its own: an event that is still pending would stand in the way of the next one.
  await send(run, step, [...record, ...toTexts(["set constraints all immediate"])], []);
  return { name, result: "reverted", durationMs, statements: statements.length };
}

/** In place of `begin`: forgets what the step before has set for the session. */
function reopening(run: Run, step: Step): ReturnType<typeof opening> {
  return [...toTexts(["reset all", ...(run.timeouts ?? [])]), ...settings(run, step)];
}

function toTexts(texts: readonly string[]): { text: string }[] {
  return texts.map((text) => ({ text }));
}
