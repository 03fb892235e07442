import { down, type MigrateOptions, up } from "@thedata/migrator";
import { followRun, reportRun } from "../describe-run.ts";
import { exitCodeOfReport } from "../exit-codes.ts";
import { abortOnSignal } from "../interrupt.ts";
import type { Output } from "../output.ts";
import { createSettings, type RunOptions } from "../settings.ts";

type Options = RunOptions & MigrateOptions;

/** `migrator up`: applies what is pending and gives the exit code. */
export async function runUp(output: Output, options: Options): Promise<number> {
  return await run(output, options, up);
}

/** `migrator down`: reverts what was applied last and gives the exit code. */
export async function runDown(output: Output, options: Options): Promise<number> {
  return await run(output, options, down);
}

async function run(output: Output, options: Options, direction: typeof up): Promise<number> {
  const settings = { onEvent: await followRun(output), signal: abortOnSignal() };
  const { context } = await createSettings(options, settings);
  const report = await direction(context, options);
  reportRun(output, report);
  return exitCodeOfReport(report);
}
