import type { PgBoss } from "pg-boss";
import { ConfigurationError, LockedError, RefusedError } from "@thedata/migrator";
import type { Control, Query } from "../control/database.ts";
import { advance, beginWave, takeBack } from "./advance.ts";
import { beginRun, type NewTarget, type NewWave } from "./begin.ts";
import { activeStates, readRun, readWaves, type Run, type TargetOfRun } from "./run.ts";
import { failedStates } from "../plan/decide.ts";

/** Stops a run: what nobody has begun goes back, and who works on it hears of it within seconds. Gives its number. */
export async function stopRun(control: Control, boss: PgBoss, id: number | undefined, now: boolean): Promise<number> {
  const run = await readRun(control.query, id);
  await control.transaction(async (query) => {
    const [found] = await query<Run>("select * from fleet.run where id = $1 for update", [run.id]);
    if (!found || !activeStates.includes(found.state))
      throw new ConfigurationError(`Run ${run.id} is over (${run.state}): there is nothing to stop`);
    await query(
      `update fleet.run set state = 'stopping', ending = coalesce(ending, 'stopped'), stop_now = stop_now or $2
        where id = $1`,
      [run.id, now],
    );
    await takeBack(query, boss, found);
  });
  await advance(control, boss, run.id);
  return run.id;
}

/** Goes on with a run that was stopped, from the wave that it was in. */
export async function resumeRun(control: Control, boss: PgBoss, id: number | undefined): Promise<number> {
  const run = await readRun(control.query, id);
  if (run.state !== "stopped")
    throw new RefusedError(
      `Run ${run.id} is ${run.state}: only a stopped one is resumed${run.state === "failed" ? `; "migrator fleet retry" tries what failed again` : ""}`,
    );
  await goOnFrom(control, boss, run.id);
  return run.id;
}

/** Tries the failed targets of a run again, and goes on with those that it did not come to. */
export async function retryRun(control: Control, boss: PgBoss, id: number | undefined): Promise<number> {
  const run = await readRun(control.query, id);
  if (activeStates.includes(run.state)) throw new LockedError(`Run ${run.id} is under way (${run.state})`);
  const again = [...failedStates, "cancelled"];
  const [open] = await control.query("select from fleet.target where run = $1 and state = any ($2) limit 1", [
    run.id,
    again,
  ]);
  if (!open) throw new RefusedError(`Run ${run.id} has no target that failed`);
  await goOnFrom(control, boss, run.id, async (query) => {
    await query(
      `update fleet.target set state = 'waiting', failures = 0, error = null, job_id = null where run = $1 and state = any ($2)`,
      [run.id, again],
    );
  });
  return run.id;
}

/** Begins with the first wave that has a target which waits; the targets are this run's again. */
async function goOnFrom(
  control: Control,
  boss: PgBoss,
  id: number,
  before: (query: Query) => Promise<void> = async () => {},
): Promise<void> {
  await control.transaction(async (query) => {
    const run = await readRun(query, id);
    await before(query);
    await claim(query, id);
    const [first] = await query<{ wave: number }>(
      "select min(wave) as wave from fleet.target where run = $1 and state = 'waiting'",
      [id],
    );
    await query(
      `update fleet.run set state = 'running', ending = null, stop_now = false, note = null, finished_at = null, rounds = 0
        where id = $1`,
      [id],
    );
    await query("update fleet.wave set state = 'waiting', bake_until = null where run = $1 and no > $2", [
      id,
      first?.wave ?? run.wave,
    ]);
    await beginWave(query, boss, run, first?.wave ?? run.wave);
  });
}

async function claim(query: Query, id: number): Promise<void> {
  const [other] = await query<{ id: string; run: number }>(
    `select mine.id, other.run from fleet.target mine join fleet.target other on other.key = mine.key and other.claimed
      where mine.run = $1 and other.run <> $1 limit 1`,
    [id],
  );
  if (other) throw new LockedError(`${other.id} is in run ${other.run}, which is under way: wait for it, or end it`);
  await query("update fleet.target set claimed = true where run = $1", [id]);
}

/** Begins a run that brings every target that another one changed back to its own former head, waves reversed. */
export async function revertRun(
  control: Control,
  boss: PgBoss,
  digest: string,
  id: number,
  startedBy: string,
): Promise<number> {
  const run = await readRun(control.query, id);
  if (activeStates.includes(run.state))
    throw new LockedError(`Run ${id} is under way (${run.state}): stop it first, with "migrator fleet stop ${id}"`);
  if (run.direction === "down")
    throw new RefusedError(`Run ${id} reverts another one: go forward with "migrator fleet up"`);
  const waves = await findChanged(control.query, run.id);
  if (waves.length === 0) throw new RefusedError(`Run ${id} has changed no target: there is nothing to revert`);
  const { options } = run;
  return await beginRun(control, boss, {
    direction: "down",
    reverts: id,
    head: null,
    digest,
    options,
    startedBy,
    waves,
  });
}

async function findChanged(query: Query, run: number): Promise<NewWave[]> {
  const changed = await query<TargetOfRun>(
    `select * from fleet.target where run = $1 and head_after is not null and head_after is distinct from head_before
      order by wave desc, no`,
    [run],
  );
  const waves = await readWaves(query, run);
  return waves.toReversed().flatMap(({ no, name }) => {
    const targets = changed.filter(({ wave }) => wave === no).map(toNew);
    return targets.length === 0 ? [] : [{ name, targets }];
  });
}

function toNew({ id, key, address, schema, server, part, head_before, head_after }: TargetOfRun): NewTarget {
  return { id, key, address, schema, server, part, state: "waiting", headBefore: head_before, headAfter: head_after };
}
