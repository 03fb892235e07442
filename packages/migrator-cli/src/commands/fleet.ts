import { writeFile } from "node:fs/promises";
import type { Fleet, FleetEvent, TargetState, UpOptions } from "@thedata/fleet";
import { InterruptedError } from "@thedata/migrator/internal";
import { count } from "../describe-run.ts";
import { exitCodeOf, exitCodes } from "../exit-codes.ts";
import { describeCheck, describeEnded, describePlan, describeSummary } from "../fleet/describe.ts";
import { followFleetRun } from "../fleet/follow.ts";
import { type FleetCommandOptions, openFleet } from "../fleet/open-fleet.ts";
import { abortOnSignal } from "../interrupt.ts";
import type { Output } from "../output.ts";
import { standardOutput } from "../standard-output.ts";

interface FleetUpOptions extends FleetCommandOptions, UpOptions {
  readonly bake?: number;
  readonly detach?: boolean;
  readonly work?: boolean;
  readonly concurrency?: number;
}

async function withFleet<Result>(
  options: FleetCommandOptions,
  use: (fleet: Fleet) => Promise<Result>,
  onEvent?: (event: FleetEvent) => void,
): Promise<Result> {
  saveMemory();
  const fleet = await openFleet(options, onEvent);
  try {
    return await use(fleet);
  } finally {
    await fleet.close();
  }
}

/** Lets V8 collect young garbage early: with thousands of targets most of the memory would be that. */
function saveMemory(): void {
  process.getBuiltinModule("node:v8").setFlagsFromString("--semi-space-growth-factor=1");
}

/** `migrator fleet init`. */
export async function runFleetInit(output: Output, options: FleetCommandOptions): Promise<number> {
  await withFleet(options, async (fleet) => await fleet.init());
  output.document({ outcome: "done" });
  output.line(`${output.paint("green", "✔")} The control database is ready: begin a run with "migrator fleet up"`);
  return exitCodes.done;
}

/** `migrator fleet check`: 2 where the list has faults. */
export async function runFleetCheck(output: Output, options: FleetCommandOptions): Promise<number> {
  const found = await withFleet(options, async (fleet) => await fleet.check());
  output.document({ outcome: found.faults.length === 0 ? "ok" : "refused", ...found });
  output.line(describeCheck(output, found));
  return found.faults.length === 0 ? exitCodes.done : exitCodes.usage;
}

/** `migrator fleet plan`. */
export async function runFleetPlan(output: Output, options: FleetUpOptions): Promise<number> {
  const plan = await withFleet(options, async (fleet) => await fleet.plan(options));
  output.document({ outcome: "planned", ...plan });
  output.line(describePlan(plan));
  return exitCodes.done;
}

/** `migrator fleet up`: begins a run, works on it and follows it. */
export async function runFleetUp(output: Output, options: FleetUpOptions): Promise<number> {
  return await begin(output, options, async (fleet) => await fleet.up({ ...options, bakeSeconds: options.bake }));
}

/** `migrator fleet down RUN`: the same for a run that reverts another one. */
export async function runFleetDown(output: Output, options: FleetUpOptions, run: string): Promise<number> {
  return await begin(output, options, async (fleet) => await fleet.down(Number(run)));
}

async function begin(
  output: Output,
  options: FleetUpOptions,
  start: (fleet: Fleet) => Promise<number>,
): Promise<number> {
  const signal = abortOnSignal();
  const onEvent = (event: FleetEvent) => {
    if (event.type === "trouble") output.error(`warning: ${event.message}; it is tried again`);
  };
  return await withFleet(
    options,
    async (fleet) => {
      const run = await start(fleet);
      if (options.detach) return await tellDetached(output, fleet, run);
      const worker = options.work === false ? undefined : await fleet.work({ concurrency: options.concurrency });
      const summary = await followFleetRun(output, fleet, run, signal).finally(async () => {
        if (worker && signal.aborted) output.line("Finishes what runs here, and leaves the run to the workers");
        await worker?.stop();
      });
      if (summary.finishedAt === null) {
        await tellDetached(output, fleet, run);
        return exitCodeOf(new InterruptedError());
      }
      output.document({ outcome: summary.state, ...summary });
      output.line(describeSummary(output, summary));
      return summary.exitCode;
    },
    onEvent,
  );
}

async function tellDetached(output: Output, fleet: Fleet, run: number): Promise<number> {
  const summary = await fleet.status(run);
  output.document({ outcome: summary.state, ...summary });
  if (summary.finishedAt !== null) output.line(describeSummary(output, summary));
  else
    output.line([
      `Run ${run} goes on with ${count(summary.total, "target")} while a worker is there ("migrator fleet work").`,
      `See it with "migrator fleet status ${run}", end it with "migrator fleet stop ${run}".`,
    ]);
  return exitCodes.done;
}

/** `migrator fleet work`: works until a signal; what runs then is finished. */
export async function runFleetWork(output: Output, options: FleetUpOptions): Promise<number> {
  const signal = abortOnSignal();
  const counts: Partial<Record<TargetState, number>> = {};
  const onEvent = (event: FleetEvent) => {
    output.event(event);
    if (event.type === "trouble") output.error(`warning: ${event.message}; it is tried again`);
    if (event.type !== "ended" || !event.recorded) return;
    output.line(describeEnded(output, event.target));
    const { state } = event.target;
    counts[state] = (counts[state] ?? 0) + 1;
  };
  await withFleet(
    options,
    async (fleet) => {
      const worker = await fleet.work({ concurrency: options.concurrency });
      output.line(`${worker.name} is ready`);
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      output.line("Finishes what runs, and begins nothing more");
      await worker.stop();
      output.document({ outcome: "done", worker: worker.name, counts });
    },
    onEvent,
  );
  return exitCodes.done;
}

const numberOf = (run: string | undefined) => (run === undefined ? undefined : Number(run));

/** `migrator fleet status [RUN]`. */
export async function runFleetStatus(
  output: Output,
  options: FleetCommandOptions & { exitCode?: boolean },
  run?: string,
): Promise<number> {
  const summary = await withFleet(options, async (fleet) => await fleet.status(numberOf(run)));
  output.document({ outcome: summary.state, ...summary });
  output.line(describeSummary(output, summary));
  return options.exitCode ? summary.exitCode : exitCodes.done;
}

/** `migrator fleet stop [RUN]`. */
export async function runFleetStop(
  output: Output,
  options: FleetCommandOptions & { now?: boolean },
  run?: string,
): Promise<number> {
  return await change(output, options, async (fleet) => await fleet.stop(numberOf(run), { now: options.now }));
}

/** `migrator fleet resume [RUN]`. */
export async function runFleetResume(output: Output, options: FleetCommandOptions, run?: string): Promise<number> {
  return await change(output, options, async (fleet) => await fleet.resume(numberOf(run)));
}

/** `migrator fleet retry [RUN]`. */
export async function runFleetRetry(output: Output, options: FleetCommandOptions, run?: string): Promise<number> {
  return await change(output, options, async (fleet) => await fleet.retry(numberOf(run)));
}

async function change(
  output: Output,
  options: FleetCommandOptions,
  act: (fleet: Fleet) => Promise<number>,
): Promise<number> {
  const summary = await withFleet(options, async (fleet) => await fleet.status(await act(fleet)));
  output.document({ outcome: summary.state, ...summary });
  output.line(describeSummary(output, summary));
  return exitCodes.done;
}

interface ReportOptions extends FleetCommandOptions {
  readonly html?: boolean;
  readonly markdown?: boolean;
  readonly out?: string;
}

/** `migrator fleet report [RUN]`: what a run did to each target. */
export async function runFleetReport(output: Output, options: ReportOptions, run?: string): Promise<number> {
  const { summary, targets } = await withFleet(options, async (fleet) => {
    const found = await fleet.status(numberOf(run), 1000);
    return { summary: found, targets: await fleet.targets(found.run) };
  });
  output.document({ outcome: summary.state, ...summary, targets });
  const { toHtmlReport, toMarkdownReport, toTextReport } = await import("../fleet/report.ts");
  const render = options.html ? toHtmlReport : options.markdown ? toMarkdownReport : undefined;
  const text = render?.(summary, targets) ?? toTextReport(output, summary, targets).join("\n");
  if (options.out !== undefined) {
    await writeFile(options.out, text);
    output.line(`Written: ${options.out}`);
  } else if (!output.json) standardOutput().write(`${text}\n`);
  return exitCodes.done;
}
