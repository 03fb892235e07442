import { baseline, type OtherTool } from "@thedata/migrator/internal";
import { loadConfiguration } from "../configuration.ts";
import { toDocument } from "../describe-error.ts";
import { count } from "../describe-run.ts";
import { exitCodes } from "../exit-codes.ts";
import { abortOnSignal } from "../interrupt.ts";
import type { Output } from "../output.ts";
import { createSettings, type RunOptions } from "../settings.ts";

type Options = RunOptions & { at?: string; from?: OtherTool; acceptDifferences?: boolean };

/** `migrator baseline`: adopts an existing database without running anything and gives the exit code. */
export async function runBaseline(output: Output, options: Options): Promise<number> {
  const { context, shadow } = await createSettings(options, { signal: abortOnSignal() });
  const { alembic, revisions } = await loadConfiguration(options.config);
  const { at, from, acceptDifferences } = options;
  const report = await baseline(context, {
    at,
    from,
    acceptDifferences,
    shadow,
    revisions: { ...alembic, ...revisions },
  });
  output.document({ ...report, error: report.error ? toDocument(report.error) : null });
  for (const difference of report.differences) output.line(`  ${difference}`);
  if (report.outcome === "nothing") output.line("Nothing to do: all of it is recorded already.");
  if (report.outcome === "baselined")
    output.line(output.paint("green", `Recorded ${count(report.steps.length, "migration")} as applied; none was run.`));
  if (report.error) output.error(`${output.paint("red", "error:")} ${report.error.message}`);
  return report.outcome === "refused" ? exitCodes.refused : exitCodes.done;
}
