import { type AppliedMigration, readStatus } from "@thedata/migrator/internal";
import { align } from "../align.ts";
import { milliseconds } from "../describe-run.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { createSettings, type GlobalOptions } from "../settings.ts";

/** `migrator history`: lists every migration, applied and pending, and gives the exit code. */
export async function runHistory(output: Output, options: GlobalOptions): Promise<number> {
  const { context } = await createSettings(options);
  const { applied, pending, halfDone } = await readStatus(context);
  output.document({ applied, pending, halfDone });
  const isHalfDone = (name: string) => name === halfDone?.migration;
  const rows = [
    ["migration", "applied at", "by", "from", "took", "version"],
    ...applied.map((row) => (isHalfDone(row.name) ? [row.name, "half done: its down was interrupted"] : toRow(row))),
    ...pending.map(({ name }) => [name, isHalfDone(name) ? "half done: its up was interrupted" : "pending"]),
  ];
  // One write: with thousands of rows, each write would wait for the reader.
  output.line(align(rows));
  return exitCodes.done;
}

function toRow({ name, appliedAt, appliedBy, appliedFrom, durationMs, toolVersion }: AppliedMigration): string[] {
  const when = appliedAt.replace("T", " ").replace(/\.\d+Z$/, " UTC");
  return [
    name,
    when,
    appliedBy ?? "",
    appliedFrom ?? "",
    durationMs === null ? "" : milliseconds(durationMs),
    toolVersion ?? "(stock MikroORM)",
  ];
}
