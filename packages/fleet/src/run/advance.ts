import type { PgBoss } from "pg-boss";
import type { Control, Query } from "../control/database.ts";
import { insertJobs, type QueuedTarget, removeJobs } from "../control/queue.ts";
import { count, decide, failedStates, type TargetState } from "../plan/decide.ts";
import { countByWave, limitOf, readWaves, type Run, type WaveRow } from "./run.ts";

/**
 * Looks at a run and does what follows: waits, begins the next wave, lets one bake, or ends. Safe at any time and from
 * anywhere: the run's row is locked, and jobs come and go in the same transaction. Gives the run's state after it.
 */
export async function advance(control: Control, boss: PgBoss, id: number): Promise<Run["state"] | undefined> {
  return await control.transaction(async (query) => {
    const [run] = await query<Run>("select * from fleet.run where id = $1 for update", [id]);
    if (run?.state === "stopping") return await settle(query, run);
    return run?.state === "running" ? await goOn(query, boss, run) : run?.state;
  });
}

/**
 * Whether anything can follow from a target's end: its wave has no other that is open, or it is one of those that failed, or
 * the run stops. Asked before `advance`, which looks at the whole run.
 */
export async function isDue(
  { query }: Control,
  { run, wave, state }: { readonly run: number; readonly wave: number; readonly state: TargetState },
): Promise<boolean> {
  if (failedStates.includes(state)) return true;
  const [found] = await query<{ due: boolean }>(
    `select state <> 'running' or not exists
       (select from fleet.target where run = $1 and wave = $2 and state in ('waiting', 'queued', 'running')) as due
       from fleet.run where id = $1`,
    [run, wave],
  );
  return found?.due === true;
}

async function goOn(query: Query, boss: PgBoss, run: Run): Promise<Run["state"]> {
  const waves = await readWaves(query, run.id);
  const wave = waves.find(({ no }) => no === run.wave);
  if (!wave) return run.state;
  const counts = (await countByWave(query, run.id)).get(wave.no) ?? {};
  const [following] = await query<{ no: number }>(
    "select min(wave) as no from fleet.target where run = $1 and wave > $2 and state in ('waiting', 'queued', 'running')",
    [run.id, wave.no],
  );
  const next = waves.find(({ no }) => no === following?.no);
  const standing = { ...wave, counts, isLast: !next, bakeUntil: wave.bake_until, baking: wave.state === "baking" };
  const decision = decide(standing, run.options, new Date());
  if (decision === "wait") return run.state;
  if (decision === "bake") return await bake(query, run, wave);
  if (decision === "end") return await endFailed(query, boss, run, wave, count(counts, failedStates));
  // Waves in between have nothing to do.
  await query("update fleet.wave set state = 'passed' where run = $1 and no >= $2 and no < $3", [
    run.id,
    wave.no,
    next?.no ?? 2 ** 31 - 1,
  ]);
  if (decision === "next" && next) return await beginWave(query, boss, run, next.no);
  await query("update fleet.run set state = 'checking' where id = $1", [run.id]);
  return "checking";
}

async function setWave(query: Query, { id }: Run, no: number, state: WaveRow["state"]): Promise<void> {
  await query("update fleet.wave set state = $3 where run = $1 and no = $2", [id, no, state]);
}

async function bake(query: Query, run: Run, { no }: WaveRow): Promise<Run["state"]> {
  await query(
    `update fleet.wave set state = 'baking', bake_until = clock_timestamp() + $3 * interval '1 second'
      where run = $1 and no = $2`,
    [run.id, no, run.options.bakeSeconds],
  );
  return run.state;
}

/** Begins a wave: what waits in it goes into the queue. */
export async function beginWave(query: Query, boss: PgBoss, run: Run, no: number): Promise<Run["state"]> {
  await setWave(query, run, no, "running");
  await query("update fleet.run set wave = $2, state = 'running' where id = $1", [run.id, no]);
  const targets = await query<QueuedTarget>(
    `update fleet.target set state = 'queued', job_id = gen_random_uuid()
      where run = $1 and wave = $2 and state = 'waiting' returning no, key, server, job_id`,
    [run.id, no],
  );
  await insertJobs(boss, query, { digest: run.digest, run: run.id, limitOf: limitOf(run.options) }, targets);
  return "running";
}

async function endFailed(query: Query, boss: PgBoss, run: Run, wave: WaveRow, failures: number): Promise<Run["state"]> {
  await setWave(query, run, wave.no, "failed");
  const note = `${failures} of ${wave.size} targets of the wave ${wave.name} failed`;
  await query("update fleet.run set state = 'stopping', ending = 'failed', note = $2 where id = $1", [run.id, note]);
  await takeBack(query, boss, run);
  return await settle(query, { ...run, state: "stopping", ending: "failed" });
}

/** Takes back what nobody has begun. */
export async function takeBack(query: Query, boss: PgBoss, { id, digest }: Run): Promise<void> {
  const queued = await query<{ before: string | null }>(
    `with queued as (select run, no, job_id from fleet.target where run = $1 and state = 'queued' for update)
     update fleet.target t set state = 'waiting', job_id = null from queued q where t.run = q.run and t.no = q.no
     returning q.job_id as before`,
    [id],
  );
  await removeJobs(
    boss,
    query,
    digest,
    queued.flatMap(({ before }) => before ?? []),
  );
}

/** Ends a run that is stopping, once nothing of it runs any more. */
async function settle(query: Query, { id, ending }: Run): Promise<Run["state"]> {
  await query(
    // The worker is dead where its job has no heartbeat: nobody else will say that the target is not run.
    `update fleet.target t set state = 'waiting', job_id = null
      where run = $1 and state = 'running' and not exists
        (select from pgboss.job j where j.id = t.job_id and j.state = 'active'
            and j.heartbeat_on > now() - 2 * j.heartbeat_seconds * interval '1 second')`,
    [id],
  );
  const [open] = await query("select from fleet.target where run = $1 and state in ('queued', 'running') limit 1", [
    id,
  ]);
  if (open) return "stopping";
  const state = ending ?? "stopped";
  if (state === "failed")
    await query("update fleet.target set state = 'cancelled' where run = $1 and state = 'waiting'", [id]);
  await finish(query, id, state);
  return state;
}

/** Ends a run; its targets are free for others. */
export async function finish(query: Query, id: number, state: "stopped" | "failed" | "done"): Promise<void> {
  await query("update fleet.run set state = $2, finished_at = clock_timestamp() where id = $1", [id, state]);
  await query("update fleet.target set claimed = false where run = $1 and claimed", [id]);
}
