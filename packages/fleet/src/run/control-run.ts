import type { PgBoss } from "pg-boss";
import { ConfigurationError, LockedError, RefusedError } from "@thedata/migrator";
import type { Control, Query } from "../control/database.ts";
import type { Timing } from "../control/queue.ts";
import { failedStates } from "../plan/decide.ts";
import { advance, beginWave, takeBack } from "./advance.ts";
import { beginRun, type NewTarget, type NewWave } from "./begin.ts";
import { activeStates, readRun, readWaves, type Run, type TargetOfRun } from "./run.ts";

/** Stops a run: what nobody has begun goes back, and who works on it hears of it within seconds. Gives its number. */
export async function stopRun(control: Control, boss: PgBoss, id: number | undefined, now: boolean): Promise<number> {
  const run = await readRun(control.query, id);
  await control.transaction(async (query) => {
    const found = await lock(query, run.id);
    if (!activeStates.includes(found.state))
      throw new ConfigurationError(`Run ${run.id} is over (${found.state}): there is nothing to stop`);
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

async function lock(query: Query, id: number): Promise<Run> {
  await query("select from fleet.run where id = $1 for update", [id]);
  return await readRun(query, id);
}

/** Goes on with a run that was stopped, from the wave that it was in. `digest` is that of this build's history. */
export async function resumeRun(control: Control, boss: PgBoss, digest: string, id?: number): Promise<number> {
  const { id: number } = await readRun(control.query, id);
  await control.transaction(async (query) => {
    const run = await lock(query, number);
    if (run.state !== "stopped")
      throw new RefusedError(
        `Run ${number} is ${run.state}: only a stopped one is resumed${run.state === "failed" ? `; "migrator fleet retry" tries what failed again` : ""}`,
      );
    refuseOtherBuild(run, digest);
    await refuseReverted(query, run);
    await goOnFrom(query, boss, run);
  });
  await advance(control, boss, number);
  return number;
}

/** Tries the failed targets of a run again, and goes on with those that it did not come to. */
export async function retryRun(control: Control, boss: PgBoss, digest: string, id?: number): Promise<number> {
  const { id: number } = await readRun(control.query, id);
  await control.transaction(async (query) => {
    const run = await lock(query, number);
    if (activeStates.includes(run.state)) throw new LockedError(`Run ${number} is under way (${run.state})`);
    refuseOtherBuild(run, digest);
    await refuseReverted(query, run);
    const again = await query(
      `update fleet.target set state = 'waiting', failures = 0, lost = 0, error = null, job_id = null
        where run = $1 and state = any ($2) returning no`,
      [number, [...failedStates, "cancelled"]],
    );
    if (again.length === 0) throw new RefusedError(`Run ${number} has no target that failed`);
    await goOnFrom(query, boss, run);
  });
  return number;
}

function refuseOtherBuild({ id, digest, head }: Run, own: string): void {
  if (digest === own) return;
  throw new RefusedError(
    `Run ${id} is of another history, up to ${head ?? "nothing"}: go on with the build that began it, or begin a run of this one with "migrator fleet up"`,
  );
}

async function refuseReverted(query: Query, { id }: Run): Promise<void> {
  const [later] = await query<{ id: number }>("select id from fleet.run where reverts = $1 order by id desc limit 1", [
    id,
  ]);
  if (later)
    throw new RefusedError(`Run ${id} was reverted by run ${later.id}: begin another one with "migrator fleet up"`);
}

/** Goes on with the first wave that has a target which waits; a wave that bakes goes on baking. */
async function goOnFrom(query: Query, boss: PgBoss, run: Run): Promise<void> {
  await claim(query, run.id);
  await query(
    `update fleet.run set state = 'running', ending = null, stop_now = false, note = null, finished_at = null, rounds = 0,
            checked_at = null where id = $1`,
    [run.id],
  );
  const [first] = await query<{ wave: number | null }>(
    "select min(wave) as wave from fleet.target where run = $1 and state = 'waiting'",
    [run.id],
  );
  const [baking] = await query("select from fleet.wave where run = $1 and no = $2 and state = 'baking'", [
    run.id,
    run.wave,
  ]);
  const wave = first?.wave ?? run.wave;
  if (baking && wave > run.wave) return;
  await query("update fleet.wave set state = 'waiting', bake_until = null where run = $1 and no > $2", [run.id, wave]);
  await beginWave(query, boss, run, wave);
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

export interface RevertRequest {
  readonly run: number;
  readonly digest: string;
  readonly startedBy: string;
  readonly timing: Timing;
}

/** Begins a run that brings every target that another one changed back to its own former head, waves reversed. */
export async function revertRun(control: Control, boss: PgBoss, request: RevertRequest): Promise<number> {
  const { run: id, digest, startedBy, timing } = request;
  const run = await readRun(control.query, id);
  if (activeStates.includes(run.state))
    throw new LockedError(`Run ${id} is under way (${run.state}): stop it first, with "migrator fleet stop ${id}"`);
  if (run.direction === "down")
    throw new RefusedError(`Run ${id} reverts another one: go forward with "migrator fleet up"`);
  const waves = await findTouched(control.query, run.id);
  if (waves.length === 0) throw new RefusedError(`Run ${id} has changed no target: there is nothing to revert`);
  // What cannot be reverted does not keep the rest where it should not be.
  const options = { ...run.options, maxFailed: "100%" };
  return await beginRun(
    control,
    boss,
    { direction: "down", reverts: id, head: null, digest, options, startedBy, waves },
    timing,
  );
}

/**
 * What the run may have changed: what a worker did before it died is not recorded, and the ledger says it. Before
 * anything is applied to a target, it is known where it was.
 */
async function findTouched(query: Query, run: number): Promise<NewWave[]> {
  const touched = await query<TargetOfRun>(
    `select * from fleet.target where run = $1 and attempt > 0 and head_known
        and (head_after is null or head_after is distinct from head_before) order by no`,
    [run],
  );
  const waves = await readWaves(query, run);
  return waves.toReversed().flatMap(({ no, name }) => {
    const targets = touched.filter(({ wave }) => wave === no).map(toNew);
    return targets.length === 0 ? [] : [{ name, targets }];
  });
}

function toNew({ id, key, address, schema, server, labels, part, ...heads }: TargetOfRun): NewTarget {
  const { head_before: headTarget, head_after: after, head_target: target } = heads;
  return {
    id,
    key,
    address,
    schema,
    server,
    labels,
    part,
    state: "waiting",
    headBefore: after ?? target,
    headKnown: true,
    headTarget,
  };
}
