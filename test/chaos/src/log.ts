/** What a round has to tell. */
export interface Log {
  readonly seed: string;
  readonly lines: string[];
  readonly divergences: string[];
  readonly counts: Record<string, number>;
  /** Tells what happened. */
  say(line: string): void;
  /** Counts what is no divergence. */
  count(what: string): void;
  /** Tells what must not happen. */
  diverge(kind: Divergence, text: string): void;
}

/** What a divergence is about. */
export type Divergence = "rows" | "schema" | "ledger" | "exit code" | "status" | "recovery" | "lost";

/** Makes the log of a round; `print` gets each line as it comes. */
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
