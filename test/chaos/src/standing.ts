import type { Direction } from "./migration.ts";
import { moves, positionOf, type Trace } from "./reference.ts";

/**
 * The possible traces of a round's database. Mostly one; more after a crash, which may have undone what was not on
 * disk, and while a step is half done.
 */
export interface Standing {
  readonly traces: readonly Trace[];
  /** The number of moves that must be on disk, because the migrator ended with 0 after them. */
  readonly floor: number;
}

/** All possible traces when a ledger has `count` rows after a command in a direction. */
export function candidatesFor(
  { traces, floor }: Standing,
  direction: Direction,
  count: number,
  crashed: boolean,
): Trace[] {
  const found = new Map<string, Trace>();
  const add = (trace: Trace) => found.set(JSON.stringify(trace), trace);
  for (const trace of traces) {
    const way = moves(positionOf(trace), count);
    if (way.every((move) => move.direction === direction)) add([...trace, ...way]);
    if (crashed)
      for (let length = floor; length < trace.length; length++) {
        const kept = trace.slice(0, length);
        if (positionOf(kept) === count) add(kept);
      }
  }
  return [...found.values()];
}
