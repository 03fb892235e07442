import type { History } from "./history.ts";

/** A history, or a part of it, as a ledger records it once it is applied in full. */
export interface KnownHistory {
  /** Oldest first. */
  readonly migrations: readonly { readonly name: string; readonly checksum: string }[];
  /** What `isAtHead` compares a ledger with. */
  readonly digest: string;
}

const opened = new WeakMap<KnownHistory, History>();

/** Keeps what was read of a history for runs that are given it. */
export function keepOpened(known: KnownHistory, history: History): KnownHistory {
  opened.set(known, history);
  return known;
}

/** What was read of a history; undefined where it is not of this process. */
export function findOpened(known: KnownHistory | undefined): History | undefined {
  return known && opened.get(known);
}
