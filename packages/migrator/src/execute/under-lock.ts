import type { LockHolder } from "../events.ts";
import { lockName } from "../ledger/tables.ts";
import { withLock } from "../postgres/advisory-lock.ts";
import type { Connection } from "../postgres/connection.ts";
import type { Context } from "./context.ts";
import { prepareSession } from "./prepare-session.ts";

/**
 * Runs `work` while this session holds the lock on the run's ledger; reports the holder that it waits for. Throws a
 * `LockedError` when the lock does not become free in time.
 */
export async function underLock<Result>(
  context: Context,
  connection: Connection,
  work: (timeouts: readonly string[]) => Promise<Result>,
): Promise<Result> {
  const timeouts = await prepareSession(context, connection);
  const { ledger, lockWaitMs: waitMs, onEvent, signal } = context;
  const onWaiting = (holder: LockHolder) => onEvent({ type: "waiting", holder });
  return await withLock(
    connection.query,
    { name: lockName(ledger), waitMs, signal, onWaiting },
    async () => await work(timeouts),
  );
}
