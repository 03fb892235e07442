import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { Job, PgBoss } from "pg-boss";
import { type Control, openControl, persist } from "../control/database.ts";
import {
  defaultTiming,
  ensureQueue,
  type JobData,
  mostPerServer,
  queueOf,
  startBoss,
  type Timing,
} from "../control/queue.ts";
import type { FleetEvent } from "./events.ts";
import { type Histories, historyOf } from "../ask/ask-ledgers.ts";
import type { DatabaseAddress } from "@thedata/migrator/postgres";
import { advance, isDue } from "../run/advance.ts";
import { limitOf, type TargetOfRun } from "../run/run.ts";
import { sweep } from "../run/sweep.ts";
import { attempt, type EngineOptions } from "./attempt.ts";
import { type Begun, beginAttempt, recordAttempt, recordHead } from "./record.ts";
import { releaseStalled, reportAlive, reportGone, slotSession } from "./registry.ts";
import { Slots } from "./slots.ts";
import { type StopWatch, watchStops } from "./stops.ts";

export interface WorkerOptions {
  readonly controlDsn: string;
  readonly histories: Histories;
  readonly engine: EngineOptions;
  readonly addressOf: (target: TargetOfRun) => DatabaseAddress;
  /** Asks all ledgers of a run again, once its waves are through. */
  readonly check: (boss: PgBoss, run: number) => Promise<void>;
  readonly concurrency: number;
  readonly timing?: Timing | undefined;
  readonly onEvent: (event: FleetEvent) => void;
}

/** A process that takes targets from the queue. */
export interface Worker {
  readonly name: string;
  /** Takes nothing new, finishes what runs, and closes; `now` cancels the statements under way. */
  stop(options?: { readonly now?: boolean }): Promise<void>;
}

/** What the parts of a worker share. */
interface Parts extends WorkerOptions {
  readonly name: string;
  readonly control: Control;
  readonly boss: PgBoss;
  readonly slots: Slots;
  readonly stops: StopWatch;
  /** Aborted where the worker is to end at once. */
  readonly ended: AbortSignal;
  /** Aborted where the worker ends and the control database has been away for long: what is done is in the ledgers. */
  readonly givenUp: AbortController;
}

/** Starts a worker of one history: it sees no job of another. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  // Its sessions are known by it, and PostgreSQL cuts names.
  const name = `${hostname().slice(0, 24)}:${process.pid}:${randomBytes(2).toString("hex")}`;
  const timing = options.timing ?? defaultTiming;
  const control = openControl(options.controlDsn, `migrator fleet ${name}`);
  const onError = (message: string) => options.onEvent({ type: "trouble", message });
  const boss = await startBoss(control, { supervise: true, timing, name, onError });
  const { digest } = options.histories.whole;
  await ensureQueue(boss, digest, timing);
  const ended = new AbortController();
  const slots = new Slots({ ...control.config, application_name: slotSession(name) });
  const stops = watchStops(control);
  const parts: Parts = {
    ...options,
    name,
    control,
    boss,
    slots,
    stops,
    ended: ended.signal,
    givenUp: new AbortController(),
  };
  for (let loop = 0; loop < options.concurrency; loop++) await takeJobs(parts, queueOf(digest), timing);
  await reportAlive(control, name);
  const alive = repeat(async () => await reportAlive(control, name).catch(() => {}), 2000);
  const sweeping = repeat(async () => await sweepOnce(parts, timing), timing.monitorSeconds * 1000);
  return { name, stop: async ({ now = false } = {}) => await stop(parts, ended, [sweeping, alive], now) };
}

/**
 * Takes one job after the other; a loop that found one looks for the next at once, an idle one waits for word. The
 * group's limit only keeps a worker from filling up with one server's targets: it is twice the hard one, because what a
 * dead worker had counts until it is missed.
 */
async function takeJobs(parts: Parts, queue: string, { heartbeatSeconds }: Timing): Promise<void> {
  const tiers = Object.fromEntries(
    Array.from({ length: mostPerServer }, (_, index) => [String(index + 1), 2 * (index + 1)]),
  );
  const options = {
    batchSize: 1,
    groupConcurrency: { default: 4, tiers },
    heartbeatRefreshSeconds: Math.max(1, Math.floor(heartbeatSeconds / 3)),
    pollingIntervalSeconds: 2,
    notifyPollingIntervalSeconds: 2,
  };
  const id: string = await parts.boss.work<JobData>(queue, options, async ([job]) => {
    if (job) await handle(parts, job).finally(() => parts.boss.notifyWorker(id));
  });
}

/** The worker's heartbeat goes on while it waits for a slot of the server. */
async function handle(parts: Parts, job: Job<JobData>): Promise<void> {
  const { control, slots, name } = parts;
  const { run: id, target: no } = job.data;
  const asked = await readPlace(control, id, no, job.id);
  if (!asked) return;
  const work = async () => {
    if (job.signal.aborted) return;
    const taken = { run: id, no, jobId: job.id, retryCount: job.retryCount, worker: name };
    const begun = await persist(async () => await beginAttempt(control, taken), job.signal);
    if (begun) await handleBegun(parts, begun);
  };
  const { server, limit, all } = asked;
  await slots.hold(server, limit, all === undefined ? work : async () => await slots.hold(`run ${id}`, all, work));
  await goOn(parts, id, no);
}

/** What follows from a target's end; where this worker does not come to it, the next sweep does. */
async function goOn(parts: Parts, run: number, no: number): Promise<void> {
  const { control, boss, givenUp } = parts;
  const due = async () => {
    const [target] = await control.query<TargetOfRun>("select * from fleet.target where run = $1 and no = $2", [
      run,
      no,
    ]);
    return target !== undefined && (await isDue(control, target));
  };
  if (!(await persist(due, givenUp.signal))) return;
  const state = await persist(async () => await advance(control, boss, run), givenUp.signal);
  if (state === "checking") await check(parts, run);
}

interface Place {
  readonly server: string;
  readonly limit: number;
  /** How many targets of the run may be at work in all. */
  readonly all: number | undefined;
}

async function readPlace({ query }: Control, run: number, no: number, jobId: string): Promise<Place | undefined> {
  const [found] = await query<{ server: string; options: { limits: Record<string, number>; maxActive?: number } }>(
    `select t.server, r.options from fleet.target t join fleet.run r on r.id = t.run
      where t.run = $1 and t.no = $2 and t.job_id = $3`,
    [run, no, jobId],
  );
  return found && { server: found.server, limit: limitOf(found.options)(found.server), all: found.options.maxActive };
}

async function handleBegun(parts: Parts, begun: Begun): Promise<void> {
  const { run, target } = begun;
  const { control, boss, engine, onEvent, histories, ended } = parts;
  const watched = parts.stops.follow(run.id);
  onEvent({ type: "begun", run: run.id, target });
  const started = performance.now();
  try {
    const attempted = await attempt({
      run,
      target,
      history: historyOf(target, histories),
      engine,
      address: parts.addressOf(target),
      note: async (head) => await persist(async () => await recordHead(control, target, head)),
      stop: watched.stop,
      signal: AbortSignal.any([watched.now, ended]),
    });
    const tookMs = Math.round(performance.now() - started);
    const recorded = await persist(
      async () => await recordAttempt(control, boss, begun, attempted, tookMs),
      parts.givenUp.signal,
    );
    onEvent({ type: "ended", run: run.id, target: recorded ?? target, recorded: recorded !== undefined });
  } finally {
    watched.release();
  }
}

/** What goes wrong is told, and tried again by the next sweep. */
async function check({ boss, onEvent, ...parts }: Parts, run: number): Promise<void> {
  await parts
    .check(boss, run)
    .catch((error: unknown) => onEvent({ type: "trouble", message: (error as Error).message }));
}

async function sweepOnce(parts: Parts, { heartbeatSeconds }: Timing): Promise<void> {
  const { control, boss, histories, onEvent } = parts;
  try {
    // Its own timer looks only after a while: where workers die faster than that, nobody would miss the dead ones.
    await boss.supervise(queueOf(histories.whole.digest));
    await releaseStalled(control, heartbeatSeconds);
    for (const run of await sweep(control, boss, histories.whole.digest)) await check(parts, run);
  } catch (error) {
    onEvent({ type: "trouble", message: (error as Error).message });
  }
}

/** Repeats work, one at a time, until it is told to stop. */
function repeat(work: () => Promise<void>, everyMs: number): Repeated {
  let running: Promise<void> | undefined;
  const begin = () => {
    running ??= work().finally(() => (running = undefined));
  };
  begin();
  const timer = setInterval(begin, everyMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}

interface Repeated {
  stop(): Promise<void>;
}

// A migration has as long as it takes.
const graceMs = 2 ** 31 - 1;

const patienceMs = 30_000;

async function stop(parts: Parts, ended: AbortController, repeated: readonly Repeated[], now: boolean): Promise<void> {
  const { control, boss, slots, stops, name } = parts;
  if (now) ended.abort();
  slots.drain();
  const timer = setTimeout(() => parts.givenUp.abort(), patienceMs);
  await boss.stop({ graceful: true, timeout: graceMs, close: true });
  clearTimeout(timer);
  for (const one of repeated) await one.stop();
  await reportGone(control, name).catch(() => {});
  stops.close();
  await slots.close();
  await control.close();
}
