import type { Control } from "../control/database.ts";

/** Tells those who work on a run that it is to stop. */
export interface StopWatch {
  follow(run: number): Followed;
  close(): void;
}

export interface Followed {
  /** Aborted where the run stops after the migration under way. */
  readonly stop: AbortSignal;
  /** Aborted where the statement under way is to be cancelled. */
  readonly now: AbortSignal;
  release(): void;
}

interface Watched {
  readonly stop: AbortController;
  readonly now: AbortController;
  followers: number;
}

const everyMs = 1000;

/** Asks once a second, while anybody works, whether the runs go on. */
export function watchStops({ query }: Control): StopWatch {
  const runs = new Map<number, Watched>();
  const look = async () => {
    if (runs.size === 0) return;
    const found = await query<{ id: number; now: boolean }>(
      "select id, stop_now as now from fleet.run where id = any ($1) and state <> 'running'",
      [[...runs.keys()]],
    ).catch(() => []);
    for (const { id, now } of found) {
      runs.get(id)?.stop.abort();
      if (now) runs.get(id)?.now.abort();
    }
  };
  const timer = setInterval(() => void look(), everyMs);
  return {
    follow: (run) => {
      const watched = runs.get(run) ?? { stop: new AbortController(), now: new AbortController(), followers: 0 };
      watched.followers++;
      runs.set(run, watched);
      const release = () => {
        watched.followers--;
        if (watched.followers === 0) runs.delete(run);
      };
      return { stop: watched.stop.signal, now: watched.now.signal, release };
    },
    close: () => clearInterval(timer),
  };
}
