import { compat } from "@thedata/migrator/internal";
import { describeCompat, toMarkdown } from "../describe-compat.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { createSettings, requireReleases, type RunOptions } from "../settings.ts";

type Options = RunOptions & {
  release?: string;
  to?: string;
  markdown?: boolean;
  static?: boolean;
  droppable?: boolean;
};

/** `migrator compat`: the matrix of releases and migrations, and the exit code. */
export async function runCompat(
  output: Output,
  { release, to, markdown, droppable, static: isStatic, ...options }: Options,
): Promise<number> {
  const { context, shadow } = await createSettings(options, { database: "optional" });
  const found = await compat(context, { shadow, releases: requireReleases(context), release, to, static: isStatic });
  if (droppable) return listDroppable(output, found.droppable);
  const { verdicts: _, ...shown } = found;
  output.document(shown);
  output.line(markdown ? toMarkdown(found) : describeCompat(output, found));
  return found.outcome === "ok" ? exitCodes.done : exitCodes.refused;
}

function listDroppable(output: Output, droppable: readonly string[]): number {
  output.document({ droppable });
  for (const name of droppable) output.line(name);
  if (droppable.length === 0) output.line("Everything that a release maps is needed by a supported one.");
  else output.line(`"migrator create NAME --contract" writes the step that drops them.`);
  return exitCodes.done;
}
