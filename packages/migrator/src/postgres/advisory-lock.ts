import type { Query } from "./connection.ts";
import type { LockHolder } from "../events.ts";
import { InterruptedError, LockedError } from "../errors.ts";

export interface LockOptions {
  /** The text that the lock's key is computed from. */
  readonly name: string;
  /** How long to wait for another runner, in milliseconds. */
  readonly waitMs: number;
  /** Called once for each holder that the lock is waited for. */
  readonly onWaiting: (holder: LockHolder) => void | Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `work` while no other runner holds the lock of this name. The lock belongs to the session of `query` and ends
 * with it. Throws a `LockedError` after `waitMs`, an `InterruptedError` after an abort.
 */
export async function withLock<Result>(
  query: Query,
  options: LockOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  const { name } = options;
  await acquire(query, options);
  try {
    return await work();
  } finally {
    // On a lost connection the server has released it already.
    await query(`select pg_advisory_unlock(hashtextextended($1, 0))`, [name]).catch(() => {});
  }
}

/** Polls: a session that waits inside pg_advisory_lock would deadlock CREATE INDEX CONCURRENTLY of the holder. */
async function acquire(query: Query, { name, waitMs, onWaiting, signal }: LockOptions): Promise<void> {
  const deadline = Date.now() + waitMs;
  let holder: LockHolder | undefined;
  for (let pause = 50; ; pause = Math.min(pause * 1.5, 1000)) {
    if (signal?.aborted)
      throw new InterruptedError("Interrupted while waiting for the lock of another runner: nothing was done");
    if (await tryLock(query, name)) return;
    const now = await findHolder(query, name);
    if (now && now.pid !== holder?.pid) await onWaiting(now);
    holder = now ?? holder;
    if (Date.now() >= deadline) throw new LockedError(describeTimeout(holder, waitMs));
    const { setTimeout: sleep } = await import("node:timers/promises");
    await sleep(Math.min(pause * (0.5 + Math.random()), Math.max(deadline - Date.now(), 1)));
  }
}

/** Takes the lock of this name for this session, if it is free. */
export async function tryLock(query: Query, name: string): Promise<boolean> {
  const [row] = await query<{ locked: boolean }>(`select pg_try_advisory_lock(hashtextextended($1, 0)) as locked`, [
    name,
  ]);
  return row?.locked ?? false;
}

/** The session that holds the lock of this name; undefined: none. */
export async function findHolder(query: Query, name: string): Promise<LockHolder | undefined> {
  const [row] = await query<LockHolder & { since: Date }>(
    `select a.pid, a.application_name as "applicationName", host(a.client_addr) as host, a.backend_start as since
       from pg_locks l join pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'advisory' and l.granted and l.objsubid = 1
        and l.database = (select oid from pg_database where datname = current_database())
        and (l.classid::bigint << 32) | l.objid::bigint = hashtextextended($1, 0)`,
    [name],
  );
  return row && { ...row, since: new Date(row.since).toISOString() };
}

function describeTimeout(holder: LockHolder | undefined, waitMs: number): string {
  const who = holder
    ? `${holder.applicationName || "a session"} (process ${holder.pid}, from ${holder.host ?? "a local socket"}, connected since ${holder.since})`
    : "another runner";
  return `The lock is held by ${who}, and did not become free within ${waitMs / 1000} s: wait for that runner, or raise --lock-wait`;
}
