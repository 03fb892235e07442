import path from "node:path";
import { baseline, type BaselineReport, type OtherTool } from "@thedata/migrator/internal";
import { loadConfiguration } from "../configuration.ts";
import { toDocument } from "../describe-error.ts";
import { count } from "../describe-run.ts";
import { exitCodes } from "../exit-codes.ts";
import { abortOnSignal } from "../interrupt.ts";
import type { Output } from "../output.ts";
import { createSettings, type RunOptions } from "../settings.ts";

type Options = RunOptions & {
  at?: string;
  from?: OtherTool;
  acceptDifferences?: boolean;
  bridge?: string;
  rename?: string[];
};

/** `migrator baseline`: adopts an existing database without running anything and gives the exit code. */
export async function runBaseline(output: Output, options: Options): Promise<number> {
  const { context, shadow } = await createSettings(options, { signal: abortOnSignal() });
  const { alembic, revisions } = await loadConfiguration(options.config);
  const { at, from, acceptDifferences, bridge, rename: renames } = options;
  const report = await baseline(context, {
    at,
    from,
    acceptDifferences,
    bridge: bridge === undefined ? undefined : path.resolve(bridge),
    renames,
    shadow,
    revisions: { ...alembic, ...revisions },
  });
  output.document({ ...report, error: report.error ? toDocument(report.error) : null });
  for (const difference of report.differences) output.line(`  ${difference}`);
  if (report.outcome === "bridged") describeBridge(output, report.bridge);
  if (report.outcome === "nothing") output.line("Nothing to do: every migration up to there is already recorded.");
  if (report.outcome === "baselined")
    output.line(output.paint("green", `Recorded ${count(report.steps.length, "migration")} as applied; none was run.`));
  if (report.error) output.error(`${output.paint("red", "error:")} ${report.error.message}`);
  return report.outcome === "refused" ? exitCodes.refused : exitCodes.done;
}

function describeBridge(output: Output, bridge: BaselineReport["bridge"]): void {
  for (const loss of bridge?.losses ?? []) output.line(output.paint("yellow", `  loses data: ${loss}`));
  const written = count(bridge?.statements?.length ?? 0, "statement");
  output.line(`Wrote ${bridge?.file} with ${written}, tried out on a copy of the schema. Nothing else was done.`);
  output.line("Read it, and run the same command again: it runs the bridge and records the baseline, or does neither.");
}
