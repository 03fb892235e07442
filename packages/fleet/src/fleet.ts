import { hostname, userInfo } from "node:os";
import { ConfigurationError, readHistory, RefusedError } from "@thedata/migrator";
import type { DatabaseAddress } from "@thedata/migrator/postgres";
import { type Answer, type Asked, askLedgers, type AskOptions, type Histories } from "./ask/ask-ledgers.ts";
import { type Control, openControl } from "./control/database.ts";
import { prepareControl, ready, withBoss } from "./control/open.ts";
import { mostPerServer, timingOf } from "./control/queue.ts";
import type { FleetEvent } from "./work/events.ts";
import { allowedFailures } from "./plan/decide.ts";
import { defaultWaves, parseWaves, refuseUnknown } from "./plan/waves.ts";
import { beginRun } from "./run/begin.ts";
import { checkRun } from "./run/check.ts";
import { resumeRun, retryRun, revertRun, stopRun } from "./run/control-run.ts";
import { readTargetsOf, type RunOptions, type TargetOfRun } from "./run/run.ts";
import { type RunSummary, readSummary } from "./run/summary.ts";
import { type AskedTarget, planWaves, withShared } from "./run/targets.ts";
import type { Fault } from "./targets/check-rows.ts";
import { describeSource, listAgain } from "./targets/own-list.ts";
import { readTargets, type TargetSource } from "./targets/read-targets.ts";
import type { EngineOptions } from "./work/attempt.ts";
import { startWorker, type Worker } from "./work/worker.ts";

export interface FleetOptions {
  /** The connection string of the control database, where runs and the queue are kept. */
  readonly control: string;
  /** Where the list of targets comes from; needed by `check`, `plan` and `up`. */
  readonly targets?: TargetSource | undefined;
  /** Gives a target's password; asked at each connect, stored nowhere. Default: libpq's, such as `PGPASSFILE`. */
  readonly password?:
    | ((target: { readonly id: string; readonly address: string }) => string | Promise<string>)
    | undefined;
  /** How many migrations may run on a server at once: by server, and `default` for all others (4). */
  readonly limits?: Readonly<Record<string, number>> | undefined;
  readonly engine: EngineOptions & { readonly migrations: string };
  /** How long a worker may be silent before its targets go to another, in seconds from 10; default 45. */
  readonly heartbeatSeconds?: number | undefined;
  readonly onEvent?: ((event: FleetEvent) => void) | undefined;
}

export interface UpOptions {
  /** Default: `canary,1%,10%,100%`. */
  readonly waves?: string | undefined;
  /** How long a wave is watched before the next one begins, in seconds; default 0. */
  readonly bakeSeconds?: number | undefined;
  /** How many targets of a wave may fail, as a number or a share; default: none of a canary, else 1 %. */
  readonly maxFailed?: string | undefined;
  readonly maxActive?: number | undefined;
}

/** What a run would do. */
export interface FleetPlan {
  readonly head: string | null;
  readonly waves: readonly { readonly name: string; readonly targets: readonly string[] }[];
  /** How many targets say what. */
  readonly states: Readonly<Partial<Record<Answer["state"], number>>>;
  readonly servers: Readonly<Record<string, number>>;
}

export interface FleetCheck {
  readonly targets: number;
  readonly faults: readonly Fault[];
}

/** Migrates many databases, or the schemas of many tenants, in waves. */
export interface Fleet {
  /** Makes or completes the tables of runs and queue in the control database. */
  init(): Promise<void>;
  /** Names every fault of the list, and every target that cannot be reached or whose ledger says that it diverged. */
  check(): Promise<FleetCheck>;
  /** What `up` would do; changes nothing. */
  plan(options?: UpOptions): Promise<FleetPlan>;
  /** Begins a run and gives its number; workers do the work. */
  up(options?: UpOptions): Promise<number>;
  /** Begins a run that brings every target of another one back to where it was before that. */
  down(run: number): Promise<number>;
  /** Starts a worker in this process. */
  work(options?: { readonly concurrency?: number | undefined }): Promise<Worker>;
  status(run?: number, mostFailed?: number): Promise<RunSummary>;
  /** Stops a run after the migrations under way; `now` cancels their statements. */
  stop(run?: number, options?: { readonly now?: boolean | undefined }): Promise<number>;
  /** Goes on with a run that was stopped. */
  resume(run?: number): Promise<number>;
  /** Tries the failed targets of a run again, and goes on with it. */
  retry(run?: number): Promise<number>;
  /** Every target of a run, in the order of its waves. */
  targets(run?: number): Promise<TargetOfRun[]>;
  close(): Promise<void>;
}

/** Creates a fleet without connecting. */
export function createFleet(options: FleetOptions): Fleet {
  const control = openControl(options.control, "migrator fleet");
  let histories: Promise<Histories> | undefined;
  const parts: FleetParts = { options, control, histories: () => (histories ??= readHistories(options)) };
  return {
    init: async () => await prepareControl(options.control, control),
    check: async () => await check(parts),
    plan: async (more) => await plan(parts, more),
    up: async (more) => await up(parts, more),
    down: async (run) =>
      await withBoss(
        control,
        async (boss) =>
          await revertRun(control, boss, {
            run,
            digest: await digestOf(parts),
            startedBy: who(),
            timing: timingOf(options.heartbeatSeconds),
          }),
      ),
    work: async ({ concurrency = 16 } = {}) => await work(parts, concurrency),
    status: async (run, most) => await ready(control, async () => await readSummary(control.query, run, most)),
    stop: async (run, { now = false } = {}) =>
      await withBoss(parts.control, async (boss) => await stopRun(control, boss, run, now)),
    resume: async (run) =>
      await withBoss(parts.control, async (boss) => await resumeRun(control, boss, await digestOf(parts), run)),
    retry: async (run) =>
      await withBoss(parts.control, async (boss) => await retryRun(control, boss, await digestOf(parts), run)),
    targets: async (run) => await ready(control, async () => await readTargetsOf(control.query, run)),
    close: async () => await control.close(),
  };
}

interface FleetParts {
  readonly options: FleetOptions;
  readonly control: Control;
  readonly histories: () => Promise<Histories>;
}

const who = () => `${userInfo().username}@${hostname()}`;
const digestOf = async ({ histories }: FleetParts) => (await histories()).whole.digest;

async function readHistories({ engine: { migrations } }: FleetOptions): Promise<Histories> {
  const whole = await readHistory(migrations);
  const shared = await readHistory(migrations, "shared");
  // A history may be all shared.
  const isAll = shared.migrations.length === whole.migrations.length;
  return { whole, shared, schema: isAll ? { migrations: [], digest: "" } : await readHistory(migrations, "schema") };
}

async function readList({ targets }: FleetOptions) {
  if (targets !== undefined) return await readTargets(targets);
  throw new ConfigurationError(
    "No list of targets is configured: give --targets FILE, or fleet.targets in the configuration",
  );
}

async function askOptions({ options, histories }: FleetParts): Promise<AskOptions> {
  return {
    histories: await histories(),
    ledger: options.engine.ledger,
    addressOf: (target) => addressOf(options, target),
  };
}

function addressOf({ password }: FleetOptions, { id, address }: Pick<Asked, "id" | "address">): DatabaseAddress {
  if (!password) return address;
  return { connectionString: address, password: async () => await password({ id, address }) };
}

/** The targets of a sound list, and what their ledgers say. Throws a `RefusedError` that names every fault. */
async function askAll(parts: FleetParts): Promise<AskedTarget[]> {
  const { targets, faults } = await readList(parts.options);
  if (faults.length > 0) throw new RefusedError(describeFaults(faults));
  const asked: AskedTarget[] = [];
  const histories = await parts.histories();
  await askLedgers(withShared(targets, histories), await askOptions(parts), (target, answer) =>
    asked.push({ target, answer }),
  );
  return asked;
}

function describeFaults(faults: readonly Fault[]): string {
  const shown = faults.slice(0, 20).map(({ target, message }) => (target === null ? message : `${target} ${message}`));
  const rest =
    faults.length > shown.length ? [`and ${faults.length - shown.length} more: see "migrator fleet check"`] : [];
  return [
    `The list of targets has ${faults.length} fault${faults.length === 1 ? "" : "s"}; nothing was begun:`,
    ...shown,
    ...rest,
  ].join("\n");
}

async function check(parts: FleetParts): Promise<FleetCheck> {
  const { targets, faults } = await readList(parts.options);
  const found: Fault[] = [...faults];
  const bad: ReadonlySet<Answer["state"]> = new Set(["unreachable", "gone", "diverged", "half-done"]);
  const histories = await parts.histories();
  await askLedgers(withShared(targets, histories), await askOptions(parts), ({ id }, { state, message }) => {
    if (bad.has(state)) found.push({ target: id, message: `is ${state}: ${message ?? "see its status"}` });
  });
  return { targets: targets.length, faults: found };
}

async function plan(parts: FleetParts, { waves = defaultWaves }: UpOptions = {}): Promise<FleetPlan> {
  const specs = parseWaves(waves);
  const asked = await askAll(parts);
  refuseUnknown(
    asked.map(({ target }) => target),
    specs,
  );
  const planned = planWaves(asked, specs);
  return {
    head: (await parts.histories()).whole.migrations.at(-1)?.name ?? null,
    waves: planned.map(({ name, targets }) => ({ name, targets: targets.map(({ id }) => id) })),
    states: tally(asked.map(({ answer }) => answer.state)),
    servers: tally(asked.map(({ target }) => target.server)),
  };
}

function tally<Name extends string>(names: readonly Name[]): Record<Name, number> {
  const counts = {} as Record<Name, number>;
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

async function up(parts: FleetParts, options: UpOptions = {}): Promise<number> {
  const run = toRunOptions(parts.options, options);
  const specs = parseWaves(run.waves);
  return await withBoss(parts.control, async (boss) => {
    const asked = await askAll(parts);
    refuseUnknown(
      asked.map(({ target }) => target),
      specs,
    );
    const { whole } = await parts.histories();
    const head = whole.migrations.at(-1)?.name ?? null;
    const waves = planWaves(asked, specs);
    const { control } = parts;
    const timing = timingOf(parts.options.heartbeatSeconds);
    return await beginRun(
      control,
      boss,
      { direction: "up", head, digest: whole.digest, options: run, startedBy: who(), waves },
      timing,
    );
  });
}

/** Throws a `ConfigurationError` for what makes no sense. */
function toRunOptions(fleet: FleetOptions, options: UpOptions): RunOptions {
  const { limits = {} } = fleet;
  const { waves = defaultWaves, bakeSeconds = 0, maxFailed, maxActive } = options;
  const wrong = Object.entries(limits).find(
    ([, limit]) => !Number.isInteger(limit) || limit < 1 || limit > mostPerServer,
  );
  if (wrong) throw new ConfigurationError(`The limit of ${wrong[0]} is ${wrong[1]}: it takes 1 to ${mostPerServer}`);
  allowedFailures({ name: "all", size: 1 }, maxFailed);
  return { waves, bakeSeconds, maxFailed, maxActive, limits, source: describeSource(fleet.targets) };
}

async function work(parts: FleetParts, concurrency: number): Promise<Worker> {
  const { options, control } = parts;
  return await ready(control, async () => {
    const histories = await parts.histories();
    const ask = await askOptions(parts);
    const onEvent = options.onEvent ?? (() => {});
    const readList = async (source: string) =>
      source === describeSource(options.targets)
        ? await listAgain(options.targets, (message) => onEvent({ type: "trouble", message }))
        : undefined;
    return await startWorker({
      controlDsn: options.control,
      histories,
      engine: options.engine,
      addressOf: (target) => addressOf(options, target),
      check: async (boss, run) => await checkRun({ control, boss, ask, readList }, run),
      concurrency,
      timing: timingOf(options.heartbeatSeconds),
      onEvent,
    });
  });
}
