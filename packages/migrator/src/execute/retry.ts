import { setTimeout as sleep } from "node:timers/promises";

const lockNotAvailable = "55P03";
const deadlockDetected = "40P01";

export interface RetryOptions {
  /** How long to go on trying, in milliseconds. */
  readonly budgetMs: number;
  readonly onRetry: (attempt: number, pauseMs: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Retries `work`, after growing and jittered pauses, while it fails with a lock time-out or a deadlock. Any other
 * error, and the last one when the budget is used up, is thrown as it is.
 */
export async function retryOnLockTimeout<Result>(work: () => Promise<Result>, options: RetryOptions): Promise<Result> {
  const deadline = Date.now() + options.budgetMs;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const pauseMs = Math.round(Math.min(250 * 1.6 ** attempt, 10_000) * (0.5 + Math.random()));
      if (!isLockFailure(error) || Date.now() + pauseMs > deadline || options.signal?.aborted) throw error;
      options.onRetry(attempt, pauseMs);
      await sleep(pauseMs, undefined, options.signal ? { signal: options.signal } : {}).catch(() => {});
    }
  }
}

function isLockFailure(error: unknown): boolean {
  const { sqlState } = error as { sqlState?: string };
  return sqlState === lockNotAvailable || sqlState === deadlockDetected;
}
