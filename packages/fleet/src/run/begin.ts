import type { PgBoss } from "pg-boss";
import { LockedError } from "@thedata/migrator";
import type { Control, Query } from "../control/database.ts";
import type { Target } from "../targets/target.ts";
import { ensureQueue, type Timing } from "../control/queue.ts";
import { beginWave, finish } from "./advance.ts";
import { readRun, type Run, type RunOptions } from "./run.ts";

/** A target that a run is to be about. */
export interface NewTarget {
  readonly id: string;
  readonly key: string;
  readonly address: string;
  readonly schema: string | null;
  readonly server: string;
  readonly labels: Target["labels"];
  readonly part: "shared" | "schema" | null;
  readonly state: "waiting" | "current";
  readonly headBefore: string | null;
  /** False: its ledger could not be asked. */
  readonly headKnown: boolean;
  /** Where the target is to be afterwards; null: at nothing. */
  readonly headTarget: string | null;
}

export interface NewWave {
  readonly name: string;
  readonly targets: readonly NewTarget[];
}

/** A run that is to begin. */
export interface NewRun {
  readonly direction: "up" | "down";
  readonly reverts?: number | undefined;
  readonly head: string | null;
  readonly digest: string;
  readonly options: RunOptions;
  readonly startedBy: string;
  readonly waves: readonly NewWave[];
}

/** Writes a run with its waves and targets, and puts the first wave into the queue. Throws a `LockedError`. */
export async function beginRun(control: Control, boss: PgBoss, run: NewRun, timing?: Timing): Promise<number> {
  await ensureQueue(boss, run.digest, timing);
  return await control.transaction(async (query) => {
    const [made] = await query<{ id: number }>(
      `insert into fleet.run (direction, reverts, state, head, digest, options, started_by)
       values ($1, $2, 'running', $3, $4, $5, $6) returning id`,
      [run.direction, run.reverts ?? null, run.head, run.digest, JSON.stringify(run.options), run.startedBy],
    );
    const id = made?.id ?? 0;
    for (const [no, wave] of run.waves.entries()) await addWave(query, id, no, wave);
    const waiting = run.waves.some(({ targets }) => targets.some(({ state }) => state === "waiting"));
    if (waiting) await beginFirst(query, boss, await readRun(query, id));
    else await endAtOnce(query, id);
    return id;
  });
}

async function endAtOnce(query: Query, id: number): Promise<void> {
  await query("update fleet.target set at_head = true, head_after = head_before where run = $1", [id]);
  await query("update fleet.wave set state = 'passed' where run = $1", [id]);
  await finish(query, id, "done");
}

async function beginFirst(query: Query, boss: PgBoss, run: Run): Promise<void> {
  const [first] = await query<{ no: number }>(
    "select min(wave) as no from fleet.target where run = $1 and state = 'waiting'",
    [run.id],
  );
  await query("update fleet.wave set state = 'passed' where run = $1 and no < $2", [run.id, first?.no ?? 0]);
  await beginWave(query, boss, run, first?.no ?? 0);
}

/** Adds a wave with its targets. Throws a `LockedError` where one of them is in another run. */
export async function addWave(query: Query, run: number, no: number, { name, targets }: NewWave): Promise<void> {
  await query("insert into fleet.wave (run, no, name, size) values ($1, $2, $3, $4)", [run, no, name, targets.length]);
  for (let from = 0; from < targets.length; from += 1000)
    await insertTargets(query, run, no, targets.slice(from, from + 1000));
}

async function insertTargets(query: Query, run: number, wave: number, targets: readonly NewTarget[]): Promise<void> {
  const keys = targets.map(({ key }) => key);
  const [other] = await query<{ id: string; run: number }>(
    "select id, run from fleet.target where claimed and key = any ($1) limit 1",
    [keys],
  );
  if (other) throw inAnother(other);
  await query(
    `insert into fleet.target (run, no, wave, id, key, address, schema, server, labels, part, state, head_before, head_known, head_target)
     select $1, (select coalesce(max(no), 0) from fleet.target where run = $1) + (row_number() over ())::int, $2,
            t.id, t.key, t.address, t.schema, t.server, t.labels, t.part, t.state, t."headBefore", t."headKnown", t."headTarget"
       from jsonb_to_recordset($3) as t
            (id text, key text, address text, schema text, server text, labels jsonb, part text, state text, "headBefore" text, "headKnown" boolean, "headTarget" text)`,
    [run, wave, JSON.stringify(targets)],
  ).catch((error: unknown) => {
    if ((error as { code?: string }).code === "23505") throw inAnother({ id: "a target", run: null });
    throw error;
  });
}

function inAnother({ id, run }: { readonly id: string; readonly run: number | null }): LockedError {
  const name = run === null ? "another run" : `run ${run}, which is under way`;
  return new LockedError(
    `${id} is in ${name}: wait for it ("migrator fleet status"), or end it ("migrator fleet stop")`,
  );
}
