import { writeFile } from "node:fs/promises";
import { ConfigurationError, review } from "@thedata/migrator/internal";
import { findAdded } from "../added-migrations.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { toHtml } from "../review/html.ts";
import { marker, toMarkdown } from "../review/markdown.ts";
import { describeReview } from "../review/text.ts";
import { createSettings, type RunOptions } from "../settings.ts";
import { loadStatistics } from "./lint.ts";

type Options = RunOptions & {
  base?: string;
  out?: string;
  markdown?: boolean;
  rows?: number;
  stats?: string;
  statsFrom?: string;
};

/** `migrator review`: one page for one change, and the exit code. */
export async function runReview(output: Output, given: readonly string[], options: Options): Promise<number> {
  const { context, shadow, config } = await createSettings(options, { database: "optional" });
  const { base, rows, markdown } = options;
  const added = base === undefined ? [] : await findAdded(context.migrations as string, base);
  if (base !== undefined && added.length === 0 && given.length === 0) return tellNothing(output, base, markdown);
  const statistics = await loadStatistics(options);
  const names = [...given, ...added];
  const { rules } = config;
  const found = await review(context, { names, shadow, rules, statistics, rows, given: config.verify?.rows });
  if (options.out !== undefined) await writePage(options.out, toHtml(found));
  output.document(found);
  if (markdown) output.line(toMarkdown(found).split("\n"));
  else for (const line of describeReview(output, found)) output.line(line);
  return found.outcome === "ok" ? exitCodes.done : exitCodes.refused;
}

function tellNothing(output: Output, base: string, markdown = false): number {
  output.document({ outcome: "ok", migrations: [] });
  const text = `No migration was added since ${base}.`;
  output.line(markdown ? [marker, text] : text);
  return exitCodes.done;
}

async function writePage(file: string, text: string): Promise<void> {
  await writeFile(file, text).catch((cause: Error) => {
    throw new ConfigurationError(`The page ${file} cannot be written: ${cause.message}`, { cause });
  });
}
