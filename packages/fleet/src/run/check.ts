import type { PgBoss } from "pg-boss";
import { type Answer, askLedgers, type AskOptions } from "../ask/ask-ledgers.ts";
import type { Control, Query } from "../control/database.ts";
import type { Target } from "../targets/target.ts";
import { beginWave, finish } from "./advance.ts";
import { addWave, type NewWave } from "./begin.ts";
import type { Run, TargetOfRun } from "./run.ts";
import { type AskedTarget, planWaves, withShared } from "./targets.ts";

export interface CheckRequest {
  readonly control: Control;
  readonly boss: PgBoss;
  readonly ask: AskOptions;
  /** Reads the list again; undefined: it cannot be had, and nothing is looked for in it. */
  readonly readList: () => Promise<readonly Target[] | undefined>;
}

// A tenant that is behind after two more tries stays so, and the run says it.
const mostRounds = 2;

/**
 * Asks every ledger again, once the waves of a run are through: the ledgers are right and the queue is not. What is not
 * where it should be, and what is new in the list, is one more wave; else the run is done.
 */
export async function checkRun(request: CheckRequest, id: number): Promise<void> {
  await request.control.transaction(async (query) => {
    const [free] = await query<{ free: boolean }>(
      "select pg_try_advisory_xact_lock(hashtext('fleet check'), $1) as free",
      [id],
    );
    const [run] = await query<Run>("select * from fleet.run where id = $1 and state = 'checking'", [id]);
    if (!free?.free || !run) return;
    const late = [...(await askAgain(query, run, request.ask)), ...(await findNew(query, run, request))];
    const [still] = await query("select from fleet.run where id = $1 and state = 'checking' for update", [id]);
    if (!still) return;
    if (late.length === 0 || run.rounds >= mostRounds) await finish(query, id, "done");
    else await addLate(query, request.boss, run, late);
  });
}

/** Notes which targets are where they should be; those that are not wait again, in a wave that is to be added. */
async function askAgain(query: Query, run: Run, ask: AskOptions): Promise<NewWave[]> {
  const targets = await query<TargetOfRun>(
    "select * from fleet.target where run = $1 and state in ('current', 'applied') order by no",
    [run.id],
  );
  const [there, away]: [number[], number[]] = [[], []];
  const isThere = (target: TargetOfRun, { state, head }: Answer) =>
    run.direction === "up" ? state === "current" : head === target.head_before;
  await askLedgers(targets, ask, (target, answer) => (isThere(target, answer) ? there : away).push(target.no));
  await query(
    "update fleet.target set at_head = (no = any ($2::int[])) where run = $1 and no = any ($2::int[] || $3::int[])",
    [run.id, there, away],
  );
  if (away.length === 0 || run.rounds >= mostRounds || run.direction === "down") return [];
  await query("update fleet.target set state = 'waiting', wave = -1 where run = $1 and no = any ($2)", [run.id, away]);
  return [{ name: "again", targets: [] }];
}

async function findNew(query: Query, run: Run, { readList, ask }: CheckRequest): Promise<NewWave[]> {
  const list = run.direction === "up" ? await readList() : undefined;
  if (!list) return [];
  const known = await query<{ key: string }>("select key from fleet.target where run = $1", [run.id]);
  const keys = new Set(known.map(({ key }) => key));
  const fresh = withShared(list, ask.histories).filter(({ key }) => !keys.has(key));
  const asked: AskedTarget[] = [];
  await askLedgers(fresh, ask, (target, answer) => asked.push({ target, answer }));
  return planWaves(asked, [{ kind: "share", name: "new", share: 1 }]);
}

async function addLate(query: Query, boss: PgBoss, run: Run, waves: readonly NewWave[]): Promise<void> {
  const [last] = await query<{ no: number }>("select max(no) as no from fleet.wave where run = $1", [run.id]);
  const first = (last?.no ?? 0) + 1;
  for (const [index, wave] of waves.entries()) await addWave(query, run.id, first + index, wave);
  await query(
    `with moved as (update fleet.target set wave = $2 where run = $1 and wave = -1 returning no)
     update fleet.wave set size = size + (select count(*) from moved) where run = $1 and no = $2 and name = 'again'`,
    [run.id, first],
  );
  await query("update fleet.run set rounds = rounds + 1 where id = $1", [run.id]);
  await beginWave(query, boss, run, first);
}
