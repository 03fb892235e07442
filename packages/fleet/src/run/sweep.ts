import type { PgBoss } from "pg-boss";
import type { Control } from "../control/database.ts";
import { insertJobs, type QueuedTarget } from "../control/queue.ts";
import { advance } from "./advance.ts";
import { activeStates, limitOf, type Run } from "./run.ts";

/**
 * Looks at every run that is under way: what a worker did not come to before it died is done, and a target whose job is
 * lost gets another one. Gives the runs whose ledgers are to be asked again.
 */
export async function sweep(control: Control, boss: PgBoss, digest: string): Promise<number[]> {
  const runs = await control.query<Run>(
    // A run that stops may be of a build that has no worker any more.
    "select * from fleet.run where state = any ($1) and (digest = $2 or state = 'stopping') order by id",
    [activeStates, digest],
  );
  const checking: number[] = [];
  for (const run of runs) {
    if (run.state === "running") await replaceLostJobs(control, boss, run.id);
    if ((await advance(control, boss, run.id)) === "checking") checking.push(run.id);
  }
  return checking;
}

/** A job is lost where the queue was emptied, or an older run's job of the same target was still there. */
async function replaceLostJobs(control: Control, boss: PgBoss, id: number): Promise<void> {
  await control.transaction(async (query) => {
    const [run] = await query<Run>("select * from fleet.run where id = $1 and state = 'running' for update", [id]);
    if (!run) return;
    const lost = await query<QueuedTarget>(
      `update fleet.target t set state = 'queued', job_id = gen_random_uuid()
        where run = $1 and (state in ('queued', 'running') or state = 'waiting' and wave = $2)
          and not exists (select from pgboss.job j where j.id = t.job_id and j.state in ('created', 'retry', 'active'))
        returning no, key, server, job_id`,
      [id, run.wave],
    );
    await insertJobs(boss, query, { digest: run.digest, run: id, limitOf: limitOf(run.options) }, lost);
  });
}
