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
  /** Reads the list of this source again; undefined: it cannot be had here, and nothing is looked for in it. */
  readonly readList: (source: string) => Promise<readonly Target[] | undefined>;
}

// A tenant that is behind after two more tries stays so, and the run says it.
const mostRounds = 2;
const seenEveryMs = 10_000;

/** What the ledgers say, once the waves of a run are through. */
interface Findings {
  readonly there: readonly number[];
  /** Not where they should be; what databases share is apart, because it comes first. */
  readonly away: { readonly shared: readonly number[]; readonly others: readonly number[] };
  readonly fresh: readonly NewWave[];
}

/**
 * Asks every ledger again, once the waves of a run are through: the ledgers are right and the queue is not. What is not
 * where it should be, and what is new in the list, is one more wave; else the run is done.
 */
export async function checkRun(request: CheckRequest, id: number): Promise<void> {
  const { control, boss } = request;
  const run = await takeOver(control, id);
  if (!run) return;
  const timer = setInterval(() => void seen(control, id).catch(() => {}), seenEveryMs);
  try {
    const findings = await find(run, request);
    await control.transaction(async (query) => await conclude(query, boss, run, findings));
  } finally {
    clearInterval(timer);
  }
}

/** One worker asks at a time; another takes over where it has said nothing for a minute. */
async function takeOver({ query }: Control, id: number): Promise<Run | undefined> {
  const [run] = await query<Run>(
    `update fleet.run set checked_at = clock_timestamp() where id = $1 and state = 'checking'
        and (checked_at is null or checked_at < clock_timestamp() - interval '1 minute') returning *`,
    [id],
  );
  return run;
}

async function seen({ query }: Control, id: number): Promise<void> {
  await query("update fleet.run set checked_at = clock_timestamp() where id = $1 and state = 'checking'", [id]);
}

async function find(run: Run, { control, ask, readList }: CheckRequest): Promise<Findings> {
  const targets = await control.query<TargetOfRun>(
    "select * from fleet.target where run = $1 and state in ('current', 'applied') order by no",
    [run.id],
  );
  const [there, shared, others]: [number[], number[], number[]] = [[], [], []];
  await askLedgers(targets, ask, (target, answer) => {
    const away = target.part === "shared" ? shared : others;
    (isThere(run, target, answer) ? there : away).push(target.no);
  });
  const list = run.direction === "up" ? await readList(run.options.source) : undefined;
  return { there, away: { shared, others }, fresh: list ? await findNew(control, list, ask) : [] };
}

function isThere({ direction }: Run, target: TargetOfRun, { state, head }: Answer): boolean {
  if (direction === "up") return state === "current";
  return state !== "unreachable" && state !== "gone" && state !== "half-done" && head === target.head_target;
}

/** Those of the list that no run has now, and this one had not. */
async function findNew({ query }: Control, list: readonly Target[], ask: AskOptions): Promise<NewWave[]> {
  const all = withShared(list, ask.histories);
  const known = await query<{ key: string }>("select key from fleet.target where claimed and key = any ($1)", [
    all.map(({ key }) => key),
  ]);
  const keys = new Set(known.map(({ key }) => key));
  const fresh = all.filter(({ key }) => !keys.has(key));
  const asked: AskedTarget[] = [];
  await askLedgers(fresh, ask, (target, answer) => asked.push({ target, answer }));
  return planWaves(asked, [{ kind: "share", name: "new", share: 1 }]);
}

async function conclude(query: Query, boss: PgBoss, run: Run, { there, away, fresh }: Findings): Promise<void> {
  const [still] = await query("select from fleet.run where id = $1 and state = 'checking' for update", [run.id]);
  if (!still) return;
  const all = [...away.shared, ...away.others];
  await query(
    "update fleet.target set at_head = (no = any ($2::int[])) where run = $1 and no = any ($2::int[] || $3::int[])",
    [run.id, there, all],
  );
  const again = run.direction === "up" ? all : [];
  if (run.rounds >= mostRounds || again.length + fresh.length === 0) return await finish(query, run.id, "done");
  const first = await nextWave(query, run.id);
  if (again.length > 0) {
    await moveAgain(query, run.id, "again shared", away.shared);
    await moveAgain(query, run.id, "again", away.others);
  }
  for (const wave of fresh) await addWave(query, run.id, await nextWave(query, run.id), wave);
  await query("update fleet.run set rounds = rounds + 1, checked_at = null where id = $1", [run.id]);
  await beginWave(query, boss, run, first);
}

async function nextWave(query: Query, run: number): Promise<number> {
  const [last] = await query<{ no: number }>("select max(no) + 1 as no from fleet.wave where run = $1", [run]);
  return last?.no ?? 0;
}

async function moveAgain(query: Query, run: number, name: string, targets: readonly number[]): Promise<void> {
  if (targets.length === 0) return;
  const no = await nextWave(query, run);
  await query("insert into fleet.wave (run, no, name, size) values ($1, $2, $3, $4)", [run, no, name, targets.length]);
  await query("update fleet.target set state = 'waiting', wave = $2 where run = $1 and no = any ($3)", [
    run,
    no,
    targets,
  ]);
}
