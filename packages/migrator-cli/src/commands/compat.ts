import { compat } from "@thedata/migrator/internal";
import { describeCompat, toMarkdown } from "../describe-compat.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { createSettings, requireReleases, type RunOptions } from "../settings.ts";

type Options = RunOptions & { release?: string; to?: string; markdown?: boolean; static?: boolean };

/** `migrator compat`: the matrix of releases and migrations, and the exit code. */
export async function runCompat(
  output: Output,
  { release, to, markdown, static: isStatic, ...options }: Options,
): Promise<number> {
  const { context, shadow } = await createSettings(options, { database: "optional" });
  const found = await compat(context, { shadow, releases: requireReleases(context), release, to, static: isStatic });
  const { verdicts: _, ...shown } = found;
  output.document(shown);
  output.line(markdown ? toMarkdown(found) : describeCompat(output, found));
  return found.outcome === "ok" ? exitCodes.done : exitCodes.refused;
}
