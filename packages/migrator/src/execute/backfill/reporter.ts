import type { BackfillState } from "../../ledger/backfills.ts";
import type { Run } from "../run.ts";

/** Tells of a backfill's progress as events, four times a second at the most. */
export interface Reporter {
  /** A batch is done. */
  advances(batch: { readonly rows: number; readonly changed: number }, size: number): void;
  /** The next batch waits, for this reason. */
  waits(reason: string): void;
}

const everyMs = 250;

/** Creates the reporter of a run that begins where `state` stands. */
export function createReporter({ onEvent }: Run, state: BackfillState): Reporter {
  const { migration: name, estimate } = state;
  const started = performance.now();
  let { scanned, changed, batch } = state;
  let told = -Infinity;
  const tell = (waiting: string | null) => {
    const now = performance.now();
    if (now - told < everyMs) return;
    told = now;
    const rowsPerSecond = ((scanned - state.scanned) * 1000) / Math.max(now - started, 1);
    const left = estimate === null ? null : Math.max(estimate - scanned, 0);
    const remainingSeconds = left === null || rowsPerSecond === 0 ? null : left / rowsPerSecond;
    onEvent({ type: "backfill", name, scanned, changed, estimate, batch, rowsPerSecond, remainingSeconds, waiting });
  };
  return {
    advances(done, size) {
      scanned += done.rows;
      changed += done.changed;
      batch = size;
      tell(null);
    },
    waits: tell,
  };
}
