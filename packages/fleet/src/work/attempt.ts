import {
  createMigrator,
  type KnownHistory,
  type Migrator,
  type MigratorOptions,
  RefusedError,
  type Report,
  reportOf,
} from "@thedata/migrator";
import type { DatabaseAddress } from "@thedata/migrator/postgres";
import type { Run, TargetOfRun } from "../run/run.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";

/** The engine's options that are the same for all targets of a fleet. */
export type EngineOptions = Omit<
  MigratorOptions,
  "connection" | "history" | "password" | "schema" | "shared" | "job" | "stop" | "signal" | "shadow" | "databaseWaitMs"
>;

export interface AttemptRequest {
  readonly run: Run;
  readonly target: TargetOfRun;
  /** The target's part of the history, which was read once for all. */
  readonly history: KnownHistory;
  readonly engine: EngineOptions;
  /** The address with what gives its password. */
  readonly address: DatabaseAddress;
  /** Notes where the target was before the run; false: another attempt has begun meanwhile. */
  readonly note: (head: string | null) => Promise<boolean>;
  /** An abort ends the attempt after the migration under way. */
  readonly stop: AbortSignal;
  /** An abort cancels the statement under way. */
  readonly signal: AbortSignal;
}

/** What an attempt did. */
export interface Attempted extends Outcome {
  /** How many migrations were applied or reverted. */
  readonly steps: number;
  /** The newest migration afterwards, as far as the attempt knows. */
  readonly head: string | null | undefined;
}

const quarterHour = 900_000;

/** Brings one target to the head, or back to where it was before a run; the engine's lock lets nobody else in. */
export async function attempt(request: AttemptRequest): Promise<Attempted> {
  const { run, target, history, engine, address, stop, signal } = request;
  const migrator = createMigrator({
    ...engine,
    connection: address,
    ...(target.part === "schema" ? { schema: target.schema ?? undefined } : {}),
    ...(target.part === "shared" ? { shared: true } : {}),
    history,
    // Another attempt of the same job, in a worker that is dead or lost, does not hold this one up.
    job: { id: `${run.token}.${target.no}`, attempt: target.attempt },
    lockWaitMs: engine.lockWaitMs ?? quarterHour,
    stop,
    signal,
  });
  try {
    if (run.direction === "up" && !target.head_known && !(await request.note((await migrator.status()).head)))
      return { state: "waiting", error: null, steps: 0, head: undefined };
    const report = run.direction === "up" ? await migrator.up({ withoutShared: true }) : await revert(migrator, target);
    const { steps, head = isThrough(report) ? target.head_target : undefined } = summarize(report, run.direction);
    return { ...succeeded(report), steps, head };
  } catch (error) {
    return { ...outcomeOf(error), ...summarize(reportOf(error) as Report | undefined, run.direction) };
  }
}

/** Refuses a target that others have changed since; an earlier attempt may have come a part of the way. */
async function revert(migrator: Migrator, { head_target: to, head_before: from }: TargetOfRun): Promise<Report> {
  const { head, applied } = await migrator.status();
  const isThere = (name: string | null) => applied.some((one) => one.name === name);
  // The run did nothing there: what else may be wrong with the target does not matter.
  if (head === to) return { outcome: "nothing", steps: [], problems: [], error: null };
  if ((isThere(from) && head !== from) || (to !== null && !isThere(to)))
    throw new RefusedError(`The target has moved on since: it is at ${head}, and that run left it at ${from}`);
  return await migrator.down(to === null ? { all: true } : { to });
}

/** A run that was asked to stop leaves steps that were not run; one that holds steps has done what it may. */
function succeeded({ steps, outcome }: Report): Outcome {
  if (steps.some(({ result }) => result === "notRun")) return { state: "waiting", error: null };
  return { state: outcome === "nothing" ? "current" : "applied", error: null };
}

/** A run that was asked to stop is not; one that reverted is where it was to be, one with nothing to do was there. */
function isThrough({ outcome, steps }: Report): boolean {
  return outcome !== "applied" && steps.every(({ result }) => result !== "notRun" && result !== "held");
}

function summarize(report: Report | undefined, direction: Run["direction"]): Pick<Attempted, "steps" | "head"> {
  const done = (report?.steps ?? []).filter(({ result }) => result === "applied" || result === "reverted");
  return { steps: done.length, head: direction === "up" ? done.at(-1)?.name : undefined };
}
