import { ConfigurationError } from "@thedata/migrator";

/** Where a target is in a run. */
export type TargetState =
  | "waiting"
  | "queued"
  | "running"
  | "current"
  | "applied"
  | "failed"
  | "refused"
  | "unreachable"
  | "gone"
  | "cancelled";

export type Counts = Readonly<Partial<Record<TargetState, number>>>;

export const failedStates: readonly TargetState[] = ["failed", "refused", "unreachable", "gone"];
export const openStates: readonly TargetState[] = ["waiting", "queued", "running"];

export function count(counts: Counts, states: readonly TargetState[]): number {
  return states.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
}

/**
 * How many targets of a wave may fail: a number, or a share such as `1%`; undefined: none of a canary, else 1 %. What
 * databases share must not fail: their tenants come after it.
 */
export function allowedFailures(wave: { readonly name: string; readonly size: number }, maxFailed?: string): number {
  const given = wave.name.endsWith("shared") ? "0" : (maxFailed ?? (wave.name === "canary" ? "0" : "1%"));
  const share = /^(\d+(?:\.\d+)?)%$/.exec(given)?.[1];
  if (share !== undefined) return Math.floor((wave.size * Number(share)) / 100);
  if (/^\d+$/.test(given)) return Number(given);
  throw new ConfigurationError(`--max-failed takes a number of targets, or a share such as 1%: not "${given}"`);
}

/** A wave, as it stands. */
export interface WaveStanding {
  readonly name: string;
  readonly size: number;
  readonly counts: Counts;
  /** Whether another one follows. */
  readonly isLast: boolean;
  /** When its bake time is over; null: it has none, or is not through. */
  readonly bakeUntil: Date | null;
  readonly baking: boolean;
}

export interface Limits {
  readonly maxFailed?: string | undefined;
  readonly bakeSeconds: number;
}

/** What is to be done now: wait, end the run, let the wave bake, begin the next one, or ask every ledger again. */
export type Decision = "wait" | "end" | "bake" | "next" | "check";

/** Decides what follows; pure. */
export function decide(wave: WaveStanding, { maxFailed, bakeSeconds }: Limits, now: Date): Decision {
  if (count(wave.counts, failedStates) > allowedFailures(wave, maxFailed)) return "end";
  if (count(wave.counts, openStates) > 0) return "wait";
  if (wave.isLast) return "check";
  // Where nothing was changed, there is nothing to watch.
  if (bakeSeconds === 0 || !wave.counts.applied) return "next";
  if (!wave.baking) return "bake";
  return wave.bakeUntil !== null && wave.bakeUntil > now ? "wait" : "next";
}
