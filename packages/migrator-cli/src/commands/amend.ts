import path from "node:path";
import { rebase, repair, type RepairOptions } from "@thedata/migrator/internal";
import { count } from "../describe-run.ts";
import { exitCodes } from "../exit-codes.ts";
import { abortOnSignal } from "../interrupt.ts";
import type { Output } from "../output.ts";
import { createSettings, type RunOptions } from "../settings.ts";

/** `migrator repair`: accepts edited, missing or half-done migrations by name and gives the exit code. */
export async function runRepair(
  output: Output,
  options: RunOptions & RepairOptions,
  names: readonly string[],
): Promise<number> {
  const { context } = await createSettings(options, { signal: abortOnSignal() });
  const repaired = await repair(context, names, options);
  output.document({ outcome: "repaired", steps: repaired });
  for (const { name, accepted } of repaired)
    output.line(
      `${output.paint("green", "✔ accepted")} ${name}: ${meanings[accepted](options)}; the schema was not touched`,
    );
  return exitCodes.done;
}

const meanings = {
  changed: () => "the ledger now has the checksum of its edited SQL",
  missing: () => "removed from the ledger",
  undo: () => "the ledger now has the undo of its file",
  "half-done": ({ as }: RepairOptions) =>
    typeof as === "number" ? `recorded with its first ${count(as, "statement")} done` : `recorded as ${as}`,
} as const;

/** `migrator rebase`: moves an unapplied migration to the end and gives the exit code. */
export async function runRebase(output: Output, options: RunOptions, name: string): Promise<number> {
  const { context } = await createSettings(options, { database: "optional" });
  const rebased = await rebase(context, name);
  output.document({ outcome: "rebased", ...rebased });
  output.line(
    `${output.paint("green", "✔ moved")} ${rebased.from} to the end: ${path.relative(process.cwd(), rebased.file)}`,
  );
  return exitCodes.done;
}
