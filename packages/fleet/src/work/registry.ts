import type { Control } from "../control/database.ts";

/** The name of the session that holds a worker's slots. */
export function slotSession(worker: string): string {
  return `migrator fleet slots ${worker}`;
}

/** Says that a worker is there; whoever says nothing for long is dead or stalled. */
export async function reportAlive({ query }: Control, worker: string): Promise<void> {
  await query(
    `insert into fleet.worker (name) values ($1) on conflict (name) do update set seen_at = clock_timestamp()`,
    [worker],
  );
}

export async function reportGone({ query }: Control, worker: string): Promise<void> {
  await query("delete from fleet.worker where name = $1", [worker]);
}

/** Takes the slots from workers that have not been seen for long: their targets go to others, which need them. */
export async function releaseStalled({ query }: Control, afterSeconds: number): Promise<void> {
  await query(
    `with stalled as (delete from fleet.worker where seen_at < clock_timestamp() - $1 * interval '1 second' returning name)
     select pg_terminate_backend(a.pid) from pg_stat_activity a join stalled s
         on a.application_name = 'migrator fleet slots ' || s.name
      where a.datname = current_database() and a.usename = session_user`,
    [afterSeconds],
  );
}
