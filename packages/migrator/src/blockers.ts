import type { Connection } from "./connect.ts";

/** A session that holds a lock which a migration waits for. */
export interface Blocker {
  readonly pid: number;
  readonly applicationName: string;
  /** `active`, `idle in transaction` … */
  readonly state: string;
  /** How long its current or last statement has been there, in seconds. */
  readonly queryAgeSeconds: number;
}

export interface Patience {
  readonly patienceMs: number;
  /** True: as long as nobody blocks it, looks again after the same time; for more than one statement. */
  readonly again?: boolean;
}

/**
 * Runs `work`; when it takes longer than `patienceMs`, asks by a second session who blocks it, tells `onBlocked`,
 * and goes on waiting.
 */
export async function watchBlockers<Result>(
  connection: Connection,
  { patienceMs, again = false }: Patience,
  onBlocked: (blockers: readonly Blocker[]) => void,
  work: () => Promise<Result>,
): Promise<Result> {
  const look = async () => {
    const blockers = await findBlockers(connection);
    if (blockers.length > 0) onBlocked(blockers);
    else if (again && !done) timer = wait();
  };
  let done = false;
  const wait = () => setTimeout(() => void look().catch(() => {}), patienceMs);
  let timer = wait();
  try {
    return await work();
  } finally {
    done = true;
    clearTimeout(timer);
  }
}

async function findBlockers({ beside, pid }: Connection): Promise<Blocker[]> {
  return await beside<Blocker>(
    `select pid, application_name as "applicationName", coalesce(state, '') as state,
            coalesce(extract(epoch from clock_timestamp() - query_start), 0)::float8 as "queryAgeSeconds"
       from pg_stat_activity where pid = any(pg_blocking_pids($1)) order by query_start`,
    [pid],
  );
}
