import { setTimeout as sleep } from "node:timers/promises";
import type { Fleet, RunSummary } from "@thedata/fleet";
import type { Output } from "../output.ts";
import { describeCounts, describeFailed, describeHead, describeServers, describeWaves } from "./describe.ts";

const over: ReadonlySet<RunSummary["state"]> = new Set(["done", "failed", "stopped"]);
const quietMs = 10_000;

/**
 * Follows a run until it is over, or the command is interrupted: on a terminal a live table of waves and servers,
 * elsewhere a line where a wave changes, a target fails, or ten seconds have passed.
 */
export async function followFleetRun(
  output: Output,
  fleet: Fleet,
  run: number,
  signal: AbortSignal,
): Promise<RunSummary> {
  const { persist } = await import("@thedata/fleet");
  const show = output.isInteractive() ? await createTable(output) : createLines(output);
  for (;;) {
    // The control database may be away for a while: the run goes on, and is followed again.
    const summary = await persist(async () => await fleet.status(run, 200), signal);
    show.update(summary);
    if (over.has(summary.state) || signal.aborted) {
      show.done();
      return summary;
    }
    await sleep(output.isInteractive() ? 500 : 250, undefined, { signal }).catch(() => {});
  }
}

interface Show {
  update(summary: RunSummary): void;
  done(): void;
}

async function createTable(output: Output): Promise<Show> {
  const { createLogUpdate } = await import("log-update");
  const { standardOutput } = await import("../standard-output.ts");
  const { toText } = await import("../output.ts");
  const log = createLogUpdate(standardOutput());
  return {
    update: (summary) => {
      const failed = describeFailed(output, { ...summary, failed: summary.failed.slice(-5) }, 0);
      log(toText([describeHead(output, summary), ...describeWaves(summary), ...describeServers(summary), ...failed]));
    },
    done: () => log.clear(),
  };
}

function createLines(output: Output): Show {
  const told = new Set<string>();
  let toldAt = Date.now();
  const tell = (summary: RunSummary, key: string, line: string) => {
    if (told.has(key)) return;
    told.add(key);
    toldAt = Date.now();
    output.line(line);
    output.event({ type: "fleet", ...summary });
  };
  return {
    update: (summary) => {
      for (const { no, name, size, state, counts } of summary.waves)
        if (state !== "waiting")
          tell(
            summary,
            `${no} ${state}`,
            `wave ${name} ${state}: ${describeCounts(counts, summary.direction) || size}`,
          );
      for (const one of summary.failed)
        tell(summary, `failed ${one.id}`, describeFailed(output, { ...summary, failed: [one] }, 0)[0] ?? "");
      if (Date.now() - toldAt >= quietMs)
        tell(summary, `at ${Date.now()}`, `run ${summary.run}: ${describeCounts(summary.counts, summary.direction)}`);
    },
    done: () => {},
  };
}
