import { createHash } from "node:crypto";

/** A pseudo-random source that is the same in every run. */
export interface Random {
  /** A whole number from `from` to `to`, both included. */
  int(from: number, to: number): number;
  /** True in `share` of 100 cases. */
  percent(share: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
}

/** Makes a pseudo-random source; the same seed gives the same sequence (mulberry32). */
export function createRandom(seed: string): Random {
  let state = createHash("sha256").update(seed).digest().readUInt32LE(0);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (from: number, to: number) => from + Math.floor(next() * (to - from + 1));
  return {
    int,
    percent: (share) => next() * 100 < share,
    pick: (items) => items[int(0, items.length - 1)] as never,
  };
}
