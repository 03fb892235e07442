import type { PgBoss } from "pg-boss";
import type { Control, Query } from "../control/database.ts";
import { insertJobs, queueOf } from "../control/queue.ts";
import { asDb } from "../control/queue.ts";
import { limitOf, type Run, type TargetOfRun } from "../run/run.ts";
import type { Attempted } from "./attempt.ts";
import { pauseAfter } from "./outcome.ts";

// A target that takes its worker down with it each time is put aside.
const mostAttempts = 25;

/** What a worker got to do. */
export interface Begun {
  readonly run: Run;
  readonly target: TargetOfRun;
}

/**
 * Marks a target as run by this worker, in a new attempt. Undefined where there is nothing to do: the run is over or
 * stops, the target is done, or it has another job by now.
 */
export async function beginAttempt(
  { transaction }: Control,
  {
    run: id,
    no,
    jobId,
    worker,
  }: { readonly run: number; readonly no: number; readonly jobId: string; readonly worker: string },
): Promise<Begun | undefined> {
  return await transaction(async (query) => {
    const [run] = await query<Run>("select * from fleet.run where id = $1", [id]);
    if (!run) return undefined;
    if (run.state !== "running") return await giveBack(query, { id, no, jobId });
    const [target] = await query<TargetOfRun>(
      `update fleet.target set state = 'running', attempt = attempt + 1, worker = $4, started_at = clock_timestamp()
        where run = $1 and no = $2 and job_id = $3 and state in ('queued', 'running') returning *`,
      [id, no, jobId, worker],
    );
    if (!target) return undefined;
    if (target.attempt <= mostAttempts) return { run, target };
    await query(
      `update fleet.target set state = 'failed', error = $3, finished_at = clock_timestamp() where run = $1 and no = $2`,
      [
        id,
        no,
        JSON.stringify({
          code: "poison",
          message: `${mostAttempts} workers died while they were at it, the last one ${worker}`,
        }),
      ],
    );
    return undefined;
  });
}

/** The worker that had it is dead, and the run stops: nobody runs it any more. */
async function giveBack(
  query: Query,
  { id, no, jobId }: { id: number; no: number; jobId: string },
): Promise<undefined> {
  await query(
    `update fleet.target set state = 'waiting', job_id = null
      where run = $1 and no = $2 and job_id = $3 and state in ('queued', 'running')`,
    [id, no, jobId],
  );
}

/**
 * Records how an attempt ended, unless a newer one has begun: a worker that was lost and comes back says nothing. A
 * target that is to be tried again gets a new job, in the same transaction. Gives its state; undefined: not recorded.
 */
export async function recordAttempt(
  control: Control,
  boss: PgBoss,
  { run, target }: Begun,
  attempted: Attempted,
  tookMs: number,
): Promise<TargetOfRun | undefined> {
  return await control.transaction(async (query) => {
    const failures = target.failures + (attempted.state === "queued" ? 1 : 0);
    const pause = attempted.state === "queued" ? pauseAfter(failures) : undefined;
    const state = attempted.state === "queued" && pause === undefined ? "unreachable" : attempted.state;
    const [recorded] = await query<TargetOfRun>(
      `update fleet.target set state = $4, failures = $5, error = $6, ms = coalesce(ms, 0) + $7,
              steps = coalesce(steps, 0) + $8, head_after = coalesce($9, head_after),
              job_id = case when $4 = 'queued' then gen_random_uuid() when $4 = 'waiting' then null else job_id end,
              finished_at = clock_timestamp()
        where run = $1 and no = $2 and attempt = $3 and state = 'running' returning *`,
      [
        run.id,
        target.no,
        target.attempt,
        state,
        failures,
        attempted.error && JSON.stringify(attempted.error),
        tookMs,
        attempted.steps,
        attempted.head ?? null,
      ],
    );
    if (recorded?.state === "queued") await queueAgain(boss, query, run, { before: target, now: recorded, pause });
    return recorded;
  });
}

async function queueAgain(
  boss: PgBoss,
  query: Query,
  run: Run,
  {
    before,
    now,
    pause,
  }: { readonly before: TargetOfRun; readonly now: TargetOfRun; readonly pause: number | undefined },
): Promise<void> {
  // The old job is still there, and the queue takes one of a target at a time.
  if (before.job_id !== null) await boss.deleteJob(queueOf(run.digest), before.job_id, { db: asDb(query) });
  const job = { no: now.no, key: now.key, server: now.server, job_id: now.job_id ?? "" };
  await insertJobs(boss, query, { digest: run.digest, run: run.id, limitOf: limitOf(run.options), startAfter: pause }, [
    job,
  ]);
}
