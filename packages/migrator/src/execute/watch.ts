import type { Activity, Blocker } from "../events.ts";
import type { Connection, Query } from "../postgres/connection.ts";

export interface WatchOptions {
  /** The longest wait for one lock, in milliseconds. */
  readonly lockTimeoutMs: number;
  /** True: the waits for locks, while locks on existing tables are held, may add up to no more than `lockTimeoutMs`. */
  readonly inTransaction: boolean;
  readonly onBlocked: (blockers: readonly Blocker[]) => void;
  readonly onActivity: (activity: Activity) => void;
}

/** What a watch has found. */
export interface Watch {
  /** True: the watch cancelled the work, which held locks for too long while it waited for others. */
  readonly overBudget: boolean;
}

/**
 * Runs `work`. When it takes longer than a moment, a second session polls what the first one does, reports blockers and
 * progress, and cancels it where its waits for locks add up to more than `lockTimeoutMs`, because whoever wants a table
 * that it has locked waits as long.
 */
export async function watch<Result>(
  connection: Connection,
  options: WatchOptions,
  work: (watch: Watch) => Promise<Result>,
): Promise<Result> {
  const state = { overBudget: false };
  // Looks at a wait of 3 s (the default lock time-out) every 450 ms, up to seven times.
  const period = Math.min(Math.max(options.lockTimeoutMs * 0.15, 30), 500);
  const look = createLook(connection, { ...options, period }, state);
  let under: Promise<void> | undefined;
  const timer = setInterval(() => {
    under ??= look
      .once()
      .catch(() => {})
      .finally(() => (under = undefined));
  }, period);
  try {
    return await work(state);
  } finally {
    clearInterval(timer);
    // A cancel on its way must not hit the next statement.
    await under;
    await look.close();
  }
}

/** What the second session sees of the first. */
interface Seen {
  readonly query: string;
  /** How long it has waited for a lock, in milliseconds; null: it waits for none. */
  readonly waitedMs: number | null;
  /** When that wait began; identifies the wait. */
  readonly wait: string | null;
  /** Whether it holds a lock on an existing table that keeps others from reading or writing. */
  readonly holds: boolean;
  readonly blockers: readonly Blocker[] | null;
}

interface Look {
  once(): Promise<void>;
  close(): Promise<void>;
}

function createLook(
  connection: Connection,
  options: WatchOptions & { readonly period: number },
  state: { overBudget: boolean },
): Look {
  const started = performance.now();
  const waits = new Set<string>();
  let waitedMs = 0;
  let lookedAt = started;
  const told = new Set<string>();
  let toldActivity = started;
  let observer: Promise<{ query: Query; close(): Promise<void> }> | undefined;
  const once = async () => {
    const { query } = await (observer ??= connection.observe());
    const seen = await readSession(query, connection.pid);
    // Each look counts for the time since the one before. On average, that adds up to the true length of short waits
    // too.
    const since = Math.min(performance.now() - lookedAt, 2 * options.period);
    lookedAt = performance.now();
    if (!seen) return;
    const { wait, blockers } = seen;
    if (wait !== null && seen.waitedMs !== null) {
      if (seen.holds) {
        waits.add(wait);
        waitedMs += since;
      }
      if (seen.waitedMs >= options.lockTimeoutMs / 2 && blockers && !told.has(wait)) options.onBlocked(blockers);
      if (seen.waitedMs >= options.lockTimeoutMs / 2) told.add(wait);
      await cancelOverBudget(query);
    } else if (performance.now() - toldActivity >= 1000) {
      toldActivity = performance.now();
      const progress = await readProgressOf(query, connection.pid);
      options.onActivity({ elapsedMs: Math.round(toldActivity - started), command: seen.query, progress });
    }
  };
  const cancelOverBudget = async (query: Query) => {
    if (!options.inTransaction || waits.size < 2 || waitedMs <= options.lockTimeoutMs) return;
    state.overBudget = true;
    await query("select pg_cancel_backend($1)", [connection.pid]);
  };
  return { once, close: async () => await (await observer?.catch(() => undefined))?.close() };
}

async function readSession(query: Query, pid: number): Promise<Seen | undefined> {
  const [seen] = await query<Seen>(
    `select a.query, w.wait, w."waitedMs",
            exists (select from pg_locks l join pg_class c on c.oid = l.relation
                     where l.pid = $1 and l.granted and c.oid >= 16384 and l.database = (select oid from pg_database where datname = current_database())
                       and l.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')) as holds,
            case when w.wait is not null then (
              select json_agg(json_build_object('pid', b.pid, 'applicationName', b.application_name, 'state', coalesce(b.state, ''),
                       'queryAgeSeconds', coalesce(extract(epoch from clock_timestamp() - b.query_start), 0)::float8) order by b.query_start)
                from pg_stat_activity b where b.pid = any(pg_blocking_pids($1))) end as blockers
       from pg_stat_activity a
       left join lateral (
         select l.waitstart::text as wait, (extract(epoch from clock_timestamp() - l.waitstart) * 1000)::float8 as "waitedMs"
           from pg_locks l where l.pid = a.pid and not l.granted and l.waitstart is not null limit 1) w on true
      where a.pid = $1`,
    [pid],
  );
  return seen;
}

/** PostgreSQL's own reports of progress, in words. */
async function readProgressOf(query: Query, pid: number): Promise<string | null> {
  const [row] = await query<{ progress: string }>(
    `select what || ': ' || phase || case when total > 0 then ', ' || (100 * done / total) || ' %' else '' end as progress from (
       select pid, 'building index' as what, phase,
              case when blocks_total > 0 then blocks_done else tuples_done end as done,
              case when blocks_total > 0 then blocks_total else tuples_total end as total from pg_stat_progress_create_index
       union all select pid, 'rewriting table', phase, heap_blks_scanned, heap_blks_total from pg_stat_progress_cluster
       union all select pid, 'vacuuming', phase, heap_blks_scanned, heap_blks_total from pg_stat_progress_vacuum
       union all select pid, 'analyzing', phase, sample_blks_scanned, sample_blks_total from pg_stat_progress_analyze
     ) as reports where pid = $1 limit 1`,
    [pid],
  );
  return row?.progress ?? null;
}
