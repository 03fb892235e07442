import type { LockHolder } from "../events.ts";
import { lockName } from "../ledger/tables.ts";
import { withLock } from "../postgres/advisory-lock.ts";
import type { Connection } from "../postgres/connection.ts";
import type { Context } from "./context.ts";
import { isEarlierAttempt } from "./job.ts";
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
  const { ledger, lockWaitMs: waitMs, job, onEvent, signal } = context;
  const onWaiting = async (holder: LockHolder) => {
    onEvent({ type: "waiting", holder });
    if (job && isEarlierAttempt(holder.applicationName, job)) await end(connection, holder);
  };
  return await withLock(
    connection.query,
    { name: lockName(ledger), waitMs, signal, onWaiting },
    async () => await work(timeouts),
  );
}

/** The runner behind it is dead or does not know that its job has gone to another: nobody waits for what it does. */
async function end({ query }: Connection, { pid, applicationName, since }: LockHolder): Promise<void> {
  await query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where pid = $1 and application_name = $2 and date_trunc('milliseconds', backend_start) = $3 and usename = session_user`,
    [pid, applicationName, since],
  ).catch(() => {});
}
