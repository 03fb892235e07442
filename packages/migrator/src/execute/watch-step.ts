import type { Activity, Blocker } from "../events.ts";
import { MigrationFailedError } from "../errors.ts";
import type { Run } from "./run.ts";
import { watch } from "./watch.ts";

/**
 * Runs `work`, a part of a migration, while a second session reports blockers and progress. With `inTransaction`, it
 * cancels `work` when that waits too long for locks while it holds others.
 */
export async function watchStep<Result>(
  run: Run,
  name: string,
  { inTransaction }: { readonly inTransaction: boolean },
  work: () => Promise<Result>,
): Promise<Result> {
  const { connection, lockTimeoutMs, onEvent } = run;
  const options = {
    lockTimeoutMs,
    inTransaction,
    onBlocked: (blockers: readonly Blocker[]) => onEvent({ type: "blocked", name, blockers }),
    onActivity: (activity: Activity) => onEvent({ type: "running", name, ...activity }),
  };
  return await watch(connection, options, async (seen) => {
    try {
      return await work();
    } catch (error) {
      throw seen.overBudget && error instanceof MigrationFailedError ? overBudget(run, error) : error;
    }
  });
}

const cancelled = "57014";
const lockNotAvailable = "55P03";

/** Turns the cancel into a lock time-out, so that it is retried like one. */
function overBudget({ lockTimeoutMs }: Run, error: MigrationFailedError): MigrationFailedError {
  if (error.sqlState !== cancelled) return error;
  const message = `${error.migration} waited more than ${lockTimeoutMs / 1000} s in all for locks while it held others, and was rolled back so that other sessions can continue`;
  const failure = new MigrationFailedError(message, { ...error, sqlState: lockNotAvailable }, { cause: error });
  failure.rolledBack = error.rolledBack;
  return failure;
}
