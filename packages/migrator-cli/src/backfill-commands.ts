import type { Command } from "commander";
import { command, type Register, withSchemaOptions } from "./command-parts.ts";

/** Adds `backfill run`, `status`, `pause`, `resume` and `discard`. */
export function addBackfillCommands(program: Command, on: Register): void {
  const backfill = command(program, "backfill", "runs, watches and pauses changes of data that run in batches", [
    "migrator backfill run",
    "migrator backfill status",
    "migrator backfill pause",
  ]);
  const which = "the migration: its name, time stamp or a part that fits one (default: the one that is next)";
  const run = command(backfill, "run", "runs the next backfill from where it stands, and records its migration", [
    "migrator backfill run",
  ]).argument("[NAME]", which);
  const status = command(backfill, "status", "lists the backfills that are begun or held", [
    "migrator backfill status --json",
  ]);
  const pause = command(backfill, "pause", "pauses a backfill, also one that another process runs", [
    "migrator backfill pause",
  ]).argument("[NAME]", which);
  const resume = command(backfill, "resume", "lets a paused backfill go on", ["migrator backfill resume"]).argument(
    "[NAME]",
    which,
  );
  const discard = command(backfill, "discard", "forgets how far a backfill came; the rows keep what it changed", [
    "migrator backfill discard fill_email_lower",
  ]).argument("<NAME>", "the migration: its name, time stamp or a part that fits one");
  const load = async () => await import("./commands/backfill.ts");
  on(withSchemaOptions(run), async () => {
    const { runBackfillRun } = await load();
    return (output, options, name) => runBackfillRun(output, options, name);
  });
  on(withSchemaOptions(status), async () => (await load()).runBackfillStatus);
  for (const [one, paused] of [
    [pause, true],
    [resume, false],
  ] as const)
    on(withSchemaOptions(one), async () => {
      const { runBackfillPause } = await load();
      return (output, options, name) => runBackfillPause(output, options, paused, name);
    });
  on(withSchemaOptions(discard), async () => {
    const { runBackfillDiscard } = await load();
    return (output, options, name = "") => runBackfillDiscard(output, options, name);
  });
}
