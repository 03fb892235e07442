import { escapeControls, verify, type VerifyProgress } from "@thedata/migrator/internal";
import { count } from "../describe-run.ts";
import { describeVerification, toMarkdown } from "../describe-verification.ts";
import { exitCodes } from "../exit-codes.ts";
import { abortOnSignal } from "../interrupt.ts";
import type { Output } from "../output.ts";
import { createSettings, type RunOptions } from "../settings.ts";

type Options = RunOptions & { from?: string; rows?: number; markdown?: boolean };

/** `migrator verify`: tests migrations on a shadow database full of rows and gives the exit code. */
export async function runVerify(output: Output, options: Options, only?: string): Promise<number> {
  const needs = { database: "optional", signal: abortOnSignal() } as const;
  const { context, shadow, config } = await createSettings(options, needs);
  const { from, rows, markdown } = options;
  const { follow, stop } = await followProgress(output, markdown);
  const given = config.verify?.rows;
  const result = await verify(context, { shadow, only, from, rows, given, onProgress: follow }).finally(stop);
  output.document(result);
  for (const line of markdown ? toMarkdown(result) : describeVerification(output, result)) output.line(line);
  if (result.outcome === "ok") return exitCodes.done;
  const faults = result.migrations.flatMap((migration) => migration.faults);
  output.error(output.paint("red", `verify found ${count(faults.length, "fault")}.`));
  return exitCodes.refused;
}

async function followProgress(
  output: Output,
  markdown = false,
): Promise<{ follow: (progress: VerifyProgress) => void; stop: () => void }> {
  const spinner = output.isInteractive() && !markdown ? (await import("yocto-spinner")).default() : undefined;
  const follow = (progress: VerifyProgress) => {
    output.event(progress);
    if (progress.type === "verifying")
      spinner?.start(escapeControls(`[${progress.number}/${progress.total}] ${progress.name}`));
  };
  return { follow, stop: () => void spinner?.stop() };
}
