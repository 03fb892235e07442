import { ConfigurationError } from "@thedata/migrator";
import type { Query } from "../control/database.ts";
import { type Counts, failedStates, type TargetState } from "../plan/decide.ts";

/** What a run was asked to do; stored with it, so that any worker can go on with it. */
export interface RunOptions {
  readonly waves: string;
  readonly bakeSeconds: number;
  readonly maxFailed?: string | undefined;
  /** How many migrations may run on a server at once, by server; `default` for all others. */
  readonly limits: Readonly<Record<string, number>>;
  /** Which list the run is about: new tenants are looked for in the same one only. */
  readonly source: string;
  /** How many may run in all; undefined: as many as the servers' limits allow. */
  readonly maxActive?: number | undefined;
}

export type RunState = "running" | "checking" | "stopping" | "stopped" | "failed" | "done";

/** A run, as the control database has it. */
export interface Run {
  readonly id: number;
  readonly direction: "up" | "down";
  readonly reverts: number | null;
  readonly state: RunState;
  readonly ending: "stopped" | "failed" | null;
  readonly stop_now: boolean;
  readonly wave: number;
  readonly head: string | null;
  readonly digest: string;
  readonly token: string;
  readonly options: RunOptions;
  readonly rounds: number;
  readonly started_by: string;
  readonly started_at: Date;
  readonly finished_at: Date | null;
  readonly note: string | null;
}

export interface WaveRow {
  readonly no: number;
  readonly name: string;
  readonly size: number;
  readonly state: "waiting" | "running" | "baking" | "passed" | "failed";
  readonly bake_until: Date | null;
}

/** A target of a run, as the control database has it. */
export interface TargetOfRun {
  readonly run: number;
  readonly no: number;
  readonly id: string;
  readonly key: string;
  readonly wave: number;
  readonly server: string;
  readonly address: string;
  readonly schema: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly part: "shared" | "schema" | null;
  readonly job_id: string | null;
  readonly state: TargetState;
  readonly attempt: number;
  readonly failures: number;
  readonly lost: number;
  readonly worker: string | null;
  /** Where it was before the run; null: at nothing, where `head_known`. */
  readonly head_before: string | null;
  readonly head_known: boolean;
  /** Where the run is to bring it; null: to nothing. */
  readonly head_target: string | null;
  readonly head_after: string | null;
  readonly at_head: boolean | null;
  readonly steps: number | null;
  readonly ms: number | null;
  readonly error: TargetError | null;
}

/** Why a target is not where it should be. */
export interface TargetError {
  readonly code: string;
  readonly message: string;
  readonly migration?: string | null | undefined;
  readonly sqlState?: string | null | undefined;
}

export const activeStates: readonly RunState[] = ["running", "checking", "stopping"];

/** How many migrations may run on a server at once. */
export function limitOf({ limits }: Pick<RunOptions, "limits">): (server: string) => number {
  return (server) => limits[server] ?? limits["default"] ?? 4;
}

/** Reads a run, by default the newest. Throws a `ConfigurationError` where there is none. */
export async function readRun(query: Query, id?: number): Promise<Run> {
  const [run] = await query<Run>(`select * from fleet.run where id = coalesce($1, (select max(id) from fleet.run))`, [
    id ?? null,
  ]);
  if (run) return run;
  throw new ConfigurationError(
    id === undefined
      ? `There is no run yet: begin one with "migrator fleet up"`
      : `There is no run ${id}: see "migrator fleet status"`,
  );
}

/** The targets of a run by wave and state. */
export async function countByWave(query: Query, run: number): Promise<ReadonlyMap<number, Counts>> {
  const rows = await query<{ wave: number; state: TargetState; n: number }>(
    "select wave, state, count(*)::int as n from fleet.target where run = $1 group by 1, 2",
    [run],
  );
  const waves = Map.groupBy(rows, ({ wave }) => wave);
  return new Map([...waves].map(([wave, all]) => [wave, Object.fromEntries(all.map(({ state, n }) => [state, n]))]));
}

export async function readWaves(query: Query, run: number): Promise<WaveRow[]> {
  return await query<WaveRow>("select no, name, size, state, bake_until from fleet.wave where run = $1 order by no", [
    run,
  ]);
}

/** Every target of a run, by default of the newest, in the order of its waves. */
export async function readTargetsOf(query: Query, run?: number): Promise<TargetOfRun[]> {
  return await query<TargetOfRun>(
    "select * from fleet.target where run = coalesce($1, (select max(id) from fleet.run)) order by wave, no",
    [run ?? null],
  );
}

/** The targets that failed, were refused or are not there, with the reason; at most `most`. */
export async function readFailed(query: Query, run: number, most = 1000): Promise<TargetOfRun[]> {
  return await query<TargetOfRun>(
    "select * from fleet.target where run = $1 and state = any ($2) order by wave, no limit $3",
    [run, failedStates, most],
  );
}
