import path from "node:path";
import { create } from "@thedata/migrator";
import { count } from "../describe-run.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { createSettings, type RunOptions } from "../settings.ts";

/** `migrator create`: writes a migration from the models, or says that there is nothing to write; gives the exit code. */
export async function runCreate(
  output: Output,
  name: string,
  options: RunOptions & { blank?: boolean; dryRun?: boolean },
): Promise<number> {
  const { context, shadow } = await createSettings(options, { database: "optional" });
  const created = await create(context, { name, blank: options.blank, dryRun: options.dryRun, shadow });
  output.document({
    outcome: outcomeOf(created.file, options),
    name: created.name,
    file: created.file,
    statements: created.statements,
  });
  if (created.file === null) output.line(output.paint("green", "Nothing to create: models and migrations are equal."));
  else if (options.dryRun) output.line(created.code ?? "");
  else output.line(`Created ${path.relative(process.cwd(), created.file)}: ${describe(created.statements, options)}`);
  return exitCodes.done;
}

function outcomeOf(file: string | null, options: { dryRun?: boolean }): string {
  if (file === null) return "nothing";
  return options.dryRun ? "planned" : "created";
}

function describe(statements: readonly string[], options: { blank?: boolean }): string {
  return options.blank
    ? `its up and down are empty. Write the SQL, then, where the folder has a manifest, run "migrator check --fix".`
    : `${count(statements.length, "statement")}. Review it, then run "migrator up".`;
}
