import { checkProject, type ProjectCheck, rewriteManifest } from "@thedata/migrator";
import { count } from "../describe-run.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { createSettings, type RunOptions } from "../settings.ts";

/** `migrator check`: holds models and manifest against the migrations and gives the exit code. */
export async function runCheck(output: Output, options: RunOptions & { fix?: boolean }): Promise<number> {
  const { context, shadow } = await createSettings(options, { database: "optional" });
  if (options.fix)
    output.line(`Wrote the manifest anew: ${count(await rewriteManifest(context.directory), "migration")}.`);
  const result = await checkProject(context, shadow);
  output.document(result);
  for (const line of describe(output, result)) output.line(line);
  if (result.outcome === "ok") return exitCodes.done;
  output.error(
    output.paint(
      "red",
      `The check found ${count(result.problems.length + (result.differences?.length ?? 0), "problem")}.`,
    ),
  );
  return exitCodes.refused;
}

function describe(output: Output, { outcome, problems, differences }: ProjectCheck): string[] {
  if (outcome === "ok")
    return [
      output.paint(
        "green",
        differences
          ? "The history is sound, and models and migrations are equal."
          : "The history is sound. No models are configured to compare it with.",
      ),
    ];
  const missing = differences ?? [];
  return [
    ...problems.map(({ code, message }) => `${output.paint("red", code)}: ${message}`),
    ...(missing.length > 0
      ? [
          `${output.paint("red", "models")}: the migrations do not give what the models want; "migrator create NAME" would write:`,
        ]
      : []),
    ...missing.map((statement) => `  ${statement};`),
  ];
}
