import { describeDatabase, down, type Event, type MigrateOptions, type Report, up } from "@thedata/migrator/internal";
import { followRun, reportRun } from "../describe-run.ts";
import { exitCodeOfReport } from "../exit-codes.ts";
import { abortOnSignal } from "../interrupt.ts";
import type { Output } from "../output.ts";
import { createSettings, type RunOptions } from "../settings.ts";

type Options = RunOptions & MigrateOptions & { readonly acceptLoss?: readonly string[] };

/** `migrator up`: applies the pending migrations and gives the exit code. */
export async function runUp(output: Output, options: Options): Promise<number> {
  return exitCodeOfReport(await runUpForReport(output, options));
}

/** `migrator up`: applies the pending migrations and gives the whole report. */
export async function runUpForReport(output: Output, options: Options): Promise<Report> {
  return await run(output, options, up);
}

/** `migrator down`: reverts the migrations that were applied last and gives the exit code. */
export async function runDown(output: Output, options: Options): Promise<number> {
  return exitCodeOfReport(await run(output, options, down));
}

async function run(output: Output, options: Options, direction: typeof up): Promise<Report> {
  const follow = followRun(output);
  const onEvent = (event: Event) => {
    if (event.type === "reading") saveMemory();
    follow(event);
  };
  const settings = { onEvent, signal: abortOnSignal() };
  const { context } = await createSettings(options, settings);
  const report = await direction(context, { ...options, acceptLosses: options.acceptLoss });
  reportRun(output, report, describeDatabase(context.dsn));
  return report;
}

/** Makes V8 collect garbage sooner and keep no compiled code: a run is a twentieth slower and needs half the memory. */
function saveMemory(): void {
  const { setFlagsFromString } = process.getBuiltinModule("node:v8");
  for (const flag of ["--optimize-for-size", "--no-compilation-cache"]) setFlagsFromString(flag);
}
