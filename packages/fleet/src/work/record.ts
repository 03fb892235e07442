import type { PgBoss } from "pg-boss";
import type { Control, Query } from "../control/database.ts";
import { asDb, insertJobs, queueOf } from "../control/queue.ts";
import { limitOf, type Run, type TargetOfRun } from "../run/run.ts";
import type { Attempted } from "./attempt.ts";
import { pauseAfter } from "./outcome.ts";

// A target that takes its worker down with it each time is put aside.
const mostLost = 25;

/** What a worker got to do. */
export interface Begun {
  readonly run: Run;
  readonly target: TargetOfRun;
}

/** The job that a worker took, and who it is. */
export interface TakenJob {
  readonly run: number;
  readonly no: number;
  readonly jobId: string;
  /** The attempt at the job that the worker holds: another one may have it by now. */
  readonly retryCount: number;
  readonly worker: string;
}

/**
 * Marks a target as run by this worker, in a new attempt. Undefined where there is nothing to do: the run is over or
 * stops, the target is done, or its job is another's by now.
 */
export async function beginAttempt({ transaction }: Control, job: TakenJob): Promise<Begun | undefined> {
  const { run: id, no, jobId, retryCount, worker } = job;
  return await transaction(async (query) => {
    const [run] = await query<Run>("select * from fleet.run where id = $1", [id]);
    if (!run) return undefined;
    if (run.state !== "running") return await giveBack(query, { id, no, jobId });
    const [target] = await query<TargetOfRun>(
      // The worker that had it died where it is running still.
      `update fleet.target set state = 'running', attempt = attempt + 1, worker = $4, started_at = clock_timestamp(),
              lost = lost + case when state = 'running' then 1 else 0 end
        where run = $1 and no = $2 and job_id = $3 and state in ('queued', 'running')
          and exists (select from pgboss.job where id = $3 and state = 'active' and retry_count = $5) returning *`,
      [id, no, jobId, worker, retryCount],
    );
    if (!target || target.lost <= mostLost) return target && { run, target };
    await putAside(query, target);
    return undefined;
  });
}

async function putAside(query: Query, { run, no }: TargetOfRun): Promise<void> {
  const error = { code: "poison", message: `${mostLost} workers died while they were at it` };
  await query(
    "update fleet.target set state = 'failed', error = $3, finished_at = clock_timestamp() where run = $1 and no = $2",
    [run, no, JSON.stringify(error)],
  );
}

/** Notes where a target was before the run, before anything is applied to it. False: a newer attempt has begun. */
export async function recordHead(
  { query }: Control,
  { run, no, attempt }: TargetOfRun,
  head: string | null,
): Promise<boolean> {
  const noted = await query(
    `update fleet.target set head_before = $4, head_known = true
      where run = $1 and no = $2 and attempt = $3 and state = 'running' returning no`,
    [run, no, attempt, head],
  );
  return noted.length > 0;
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
    const { state, failures, pause } = await decideNext(query, run, target, attempted);
    const error = attempted.error && JSON.stringify(attempted.error);
    const [recorded] = await query<TargetOfRun>(
      `update fleet.target set state = $4, failures = $5, error = $6, ms = coalesce(ms, 0) + $7,
              steps = coalesce(steps, 0) + $8, head_after = coalesce($9, head_after),
              job_id = case when $4 = 'queued' then gen_random_uuid() when $4 = 'waiting' then null else job_id end,
              finished_at = clock_timestamp()
        where run = $1 and no = $2 and attempt = $3 and state = 'running' returning *`,
      [run.id, target.no, target.attempt, state, failures, error, tookMs, attempted.steps, attempted.head ?? null],
    );
    if (recorded?.state === "queued") await queueAgain(boss, query, run, { before: target, now: recorded, pause });
    return recorded;
  });
}

interface Next {
  readonly state: Attempted["state"];
  readonly failures: number;
  /** In how many seconds the next attempt begins, where there is one. */
  readonly pause: number | undefined;
}

/** Another attempt, now or later, or none: a worker that was told to end leaves its targets to the others. */
async function decideNext(query: Query, { id }: Run, target: TargetOfRun, { state, error }: Attempted): Promise<Next> {
  const { failures } = target;
  if (state === "waiting") {
    const [goesOn] = await query("select from fleet.run where id = $1 and state = 'running' for share", [id]);
    return { state: goesOn ? "queued" : "waiting", failures, pause: undefined };
  }
  if (state !== "queued") return { state, failures, pause: undefined };
  const pause = pauseAfter(failures + 1);
  const givenUp = error?.code === "connection" ? "unreachable" : "failed";
  return { state: pause === undefined ? givenUp : "queued", failures: failures + 1, pause };
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
