import type { Query } from "../control/database.ts";
import { count, type Counts, failedStates, openStates } from "../plan/decide.ts";
import { countByWave, readFailed, readRun, readWaves, type Run, type TargetError, type WaveRow } from "./run.ts";

/** A run as it stands: what is told of it in lines, tables, JSON and reports. */
export interface RunSummary {
  readonly run: number;
  readonly direction: Run["direction"];
  readonly reverts: number | null;
  readonly state: Run["state"];
  readonly note: string | null;
  readonly head: string | null;
  readonly startedBy: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly total: number;
  readonly counts: Counts;
  readonly waves: readonly (Omit<WaveRow, "bake_until"> & {
    readonly counts: Counts;
    readonly bakeUntil: string | null;
  })[];
  /** By server: how many of its targets are at work, open, and failed. */
  readonly servers: readonly ServerSummary[];
  readonly failed: readonly FailedTarget[];
  /** Targets that the run is through with and that are not where it was to bring them. */
  readonly behind: number;
  readonly exitCode: number;
}

export interface ServerSummary {
  readonly server: string;
  readonly total: number;
  readonly running: number;
  readonly open: number;
  readonly failed: number;
}

export interface FailedTarget {
  readonly id: string;
  readonly server: string;
  readonly state: string;
  readonly attempts: number;
  readonly error: TargetError | null;
}

/** Reads a run, by default the newest; at most `mostFailed` of its failures in words. */
export async function readSummary(query: Query, id?: number, mostFailed = 20): Promise<RunSummary> {
  const run = await readRun(query, id);
  const byWave = await countByWave(query, run.id);
  const waves = await readWaves(query, run.id);
  const counts = add([...byWave.values()]);
  const failed = await readFailed(query, run.id, mostFailed);
  const [{ behind = 0 } = {}] = await query<{ behind: number }>(
    "select count(*)::int as behind from fleet.target where run = $1 and at_head = false",
    [run.id],
  );
  const [{ ahead = 0 } = {}] = await query<{ ahead: number }>(
    "select count(*)::int as ahead from fleet.target where run = $1 and error->>'code' = 'ahead'",
    [run.id],
  );
  return {
    run: run.id,
    direction: run.direction,
    reverts: run.reverts,
    state: run.state,
    note: run.note,
    head: run.head,
    startedBy: run.started_by,
    startedAt: run.started_at.toISOString(),
    finishedAt: run.finished_at?.toISOString() ?? null,
    total: Object.values(counts).reduce((sum, n) => sum + n, 0),
    counts,
    waves: waves.map(({ bake_until: until, ...wave }) => ({
      ...wave,
      counts: byWave.get(wave.no) ?? {},
      bakeUntil: until?.toISOString() ?? null,
    })),
    servers: await readServers(query, run.id),
    failed: failed.map(({ id: name, server, state, attempt, error }) => ({
      id: name,
      server,
      state,
      attempts: attempt,
      error,
    })),
    behind,
    exitCode: exitCodeOf(run, counts, { behind, ahead }),
  };
}

function add(all: readonly Counts[]): Counts {
  const sum: Record<string, number> = {};
  for (const counts of all) for (const [state, n] of Object.entries(counts)) sum[state] = (sum[state] ?? 0) + n;
  return sum;
}

async function readServers(query: Query, run: number): Promise<ServerSummary[]> {
  return await query<ServerSummary>(
    `select server, count(*)::int as total,
            (count(*) filter (where state = 'running'))::int as running,
            (count(*) filter (where state = any ($2)))::int as open,
            (count(*) filter (where state = any ($3)))::int as failed
       from fleet.target where run = $1 group by server order by failed desc, open desc, server`,
    [run, openStates, failedStates],
  );
}

/** 0: all are where they should be; 5: some failed; 7: only some that are ahead of this build; 6: some are behind. */
function exitCodeOf(run: Run, counts: Counts, { behind, ahead }: { behind: number; ahead: number }): number {
  const failures = count(counts, failedStates);
  if (failures > 0 || run.state === "failed") return failures > 0 && failures === ahead ? 7 : 5;
  return behind > 0 || run.state !== "done" ? 6 : 0;
}
