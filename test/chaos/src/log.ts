/** The log of a round. */
export interface Log {
  readonly seed: string;
  readonly lines: string[];
  readonly divergences: string[];
  readonly counts: Record<string, number>;
  /** Logs an event. */
  say(line: string): void;
  /** Counts an event that is not a divergence. */
  count(what: string): void;
  /** Logs a divergence: something that must not happen. */
  diverge(kind: Divergence, text: string): void;
}

/** The subject of a divergence. */
export type Divergence = "rows" | "schema" | "ledger" | "exit code" | "status" | "recovery" | "lost";

/** Creates the log of a round; `print` gets each line at once. */
export function createLog(seed: string, print: (line: string) => void): Log {
  const log: Log = {
    seed,
    lines: [],
    divergences: [],
    counts: {},
    count(what) {
      log.counts[what] = (log.counts[what] ?? 0) + 1;
    },
    say(line) {
      log.lines.push(line);
      print(`${seed}  ${line}`);
    },
    diverge(kind, text) {
      log.divergences.push(`${kind}: ${text}`);
      log.say(`DIVERGES (${kind}): ${text}`);
    },
  };
  return log;
}
