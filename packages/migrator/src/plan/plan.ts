import type { Plan } from "../report.ts";
import { ConfigurationError, UnknownMigrationError } from "../errors.ts";
import { resolveTarget } from "./resolve-target.ts";

/** How far to go up: to a migration, a number of steps, or (neither) to the head. */
export interface UpTarget {
  readonly to?: string | undefined;
  readonly steps?: number | undefined;
}

/** How far to go down: everything after a migration, a number of steps (default 1), or all. */
export interface DownTarget extends UpTarget {
  readonly all?: boolean | undefined;
}

type Named = { readonly name: string };

/** What `up` would apply: every migration up to the target that is not applied, in the order of the history. */
export function planUp(history: readonly Named[], applied: readonly Named[], target: UpTarget = {}): Plan {
  const names = history.map(({ name }) => name);
  const last = target.to === undefined ? names.length : names.indexOf(resolveTarget(target.to, names)) + 1;
  const done = new Set(applied.map(({ name }) => name));
  const pending = names.slice(0, last).filter((name) => !done.has(name));
  return { direction: "up", steps: target.steps === undefined ? pending : pending.slice(0, stepsOf(target.steps)) };
}

/** What `down` would revert: the newest applications first. */
export function planDown(history: readonly Named[], applied: readonly Named[], target: DownTarget = {}): Plan {
  const newestFirst = applied.map(({ name }) => name).toReversed();
  return { direction: "down", steps: newestFirst.slice(0, countDown(history, newestFirst, target)) };
}

function countDown(history: readonly Named[], newestFirst: readonly string[], { to, steps, all }: DownTarget): number {
  if (all) return newestFirst.length;
  if (to === undefined) return stepsOf(steps ?? 1);
  const name = resolveTarget(to, [...new Set([...history.map((migration) => migration.name), ...newestFirst])]);
  const index = newestFirst.indexOf(name);
  if (index >= 0) return index;
  throw new UnknownMigrationError(
    to,
    newestFirst.slice(0, 3),
    `${name} is not applied, so nothing can be reverted down to it.`,
  );
}

function stepsOf(steps: number): number {
  if (Number.isSafeInteger(steps) && steps > 0) return steps;
  throw new ConfigurationError(`--steps takes a whole number from 1, not ${steps}`);
}
