import {
  type BackfillState,
  describeDatabase,
  discardBackfill,
  listBackfills,
  runNextBackfill,
  setPaused,
} from "@thedata/migrator/internal";
import { describeRows, share } from "../describe-backfill.ts";
import { count, followRun, milliseconds, reportRun } from "../describe-run.ts";
import { exitCodeOfReport, exitCodes } from "../exit-codes.ts";
import { abortOnSignal } from "../interrupt.ts";
import type { Output } from "../output.ts";
import { createSettings, type GlobalOptions, type RunOptions } from "../settings.ts";

/** `migrator backfill run`: runs the next backfill in batches, records its migration, and gives the exit code. */
export async function runBackfillRun(output: Output, options: RunOptions, name?: string): Promise<number> {
  const settings = { onEvent: followRun(output), signal: abortOnSignal() };
  const { context } = await createSettings(options, settings);
  const report = await runNextBackfill(context, name);
  reportRun(output, report, describeDatabase(context.dsn));
  return exitCodeOfReport(report);
}

/** `migrator backfill status`: lists the backfills that are begun or held. */
export async function runBackfillStatus(output: Output, options: GlobalOptions): Promise<number> {
  const { context } = await createSettings(options);
  const backfills = await listBackfills(context);
  output.document({ backfills });
  if (backfills.length === 0) output.line(`No backfill is begun in ${describeDatabase(context.dsn)}.`);
  for (const state of backfills) output.line(describeState(state));
  return exitCodes.done;
}

/** `migrator backfill pause` and `resume`. */
export async function runBackfillPause(
  output: Output,
  options: GlobalOptions,
  paused: boolean,
  name?: string,
): Promise<number> {
  const { context } = await createSettings(options);
  const state = await setPaused(context, paused, name);
  output.document({ backfill: state });
  output.line(
    paused
      ? `Paused ${state.migration} ${describeRows(state)}. A run of it waits; "migrator backfill resume" lets it go on.`
      : `${state.migration} goes on ${describeRows(state)}: a run that waits continues by itself, else "migrator backfill run".`,
  );
  return exitCodes.done;
}

/** `migrator backfill discard`: forgets how far one came. */
export async function runBackfillDiscard(output: Output, options: GlobalOptions, name: string): Promise<number> {
  const { context } = await createSettings(options);
  const state = await discardBackfill(context, name);
  output.document({ backfill: state });
  output.line(
    `Forgot how far ${state.migration} came: ${count(state.changed, "row")} stay changed, and it begins anew with the first row.`,
  );
  return exitCodes.done;
}

function describeState(state: BackfillState): string[] {
  const { migration, pausedAt, doneAt, last, busyMs, updatedAt, host } = state;
  const word = doneAt ? "done" : pausedAt ? "paused" : last === null ? "held" : "begun";
  const speed = busyMs > 0 ? `, ${milliseconds(busyMs)} in batches` : "";
  return [
    `${migration}  ${word}`,
    `  ${describeRows(state)}${share(state)}${speed}`,
    `  last batch ${last === null ? "none" : `at ${updatedAt}, by ${host}`}`,
  ];
}
