/** How large the next batch is, and how long to rest before it. */
export interface Pace {
  /** In rows gone over. */
  readonly size: number;
  readonly pauseMs: number;
  /** The best time per row so far, in milliseconds; undefined: no batch yet. */
  readonly bestPerRow: number | undefined;
}

/** What was seen of a batch. */
export interface Seen {
  readonly rows: number;
  readonly durationMs: number;
  /** How many sessions waited for a lock of the batch when it ended. */
  readonly waiters: number;
}

/** How long a batch is to take, in milliseconds: so long a writer of the same row waits. */
const targetMs = 50;
/** The rest after a batch, as a part of its time. */
const rest = 1;
const [smallest, largest] = [10, 50_000];
// A batch of an idle server says little about a busy one.
const growth = 1.5;

/**
 * The pace after a batch: its size follows the time that the batch took, halves where somebody waited for it, and the
 * rest grows where a row takes longer than it did, which a loaded server shows.
 */
export function nextPace({ size, bestPerRow }: Pace, { rows, durationMs, waiters }: Seen): Pace {
  const perRow = durationMs / Math.max(rows, 1);
  const best = Math.min(bestPerRow ?? perRow, perRow);
  const wanted = waiters > 0 ? 0.5 : Math.min(Math.max(targetMs / Math.max(durationMs, 1), 0.5), growth);
  // The last batch of a table is short, and says nothing about a full one.
  const next = rows < size && waiters === 0 ? size : Math.round(size * wanted);
  const slowed = Math.min(Math.max(perRow / best, 1), 6);
  return { size: limit(next), pauseMs: Math.min(durationMs * rest * slowed, 5000), bestPerRow: best };
}

/** The pace after a batch that did not get its locks in time. */
export function slower(pace: Pace, attempt: number): Pace {
  const pauseMs = Math.min(50 * 2 ** attempt, 10_000) * (0.5 + Math.random());
  return { ...pace, size: limit(Math.round(pace.size / 2)), pauseMs };
}

function limit(size: number): number {
  return Math.min(Math.max(size, smallest), largest);
}
