import path from "node:path";
import { contract } from "@thedata/migrator/internal";
import { count } from "../describe-run.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { createSettings, requireReleases, type RunOptions } from "../settings.ts";

type Options = RunOptions & { freeze?: boolean; dryRun?: boolean };

/** `migrator contract`: writes what the models need of the schema, and gives the exit code. */
export async function runContract(output: Output, { freeze, dryRun, ...options }: Options): Promise<number> {
  const { context, shadow } = await createSettings(options, { database: "optional" });
  const made = await contract(context, { shadow, releases: requireReleases(context), freeze, dryRun });
  const { package: name, version, digest, tables, statements, unrecorded, head } = made.contract;
  const files = made.files.map((file) => path.relative("", file));
  output.document({
    outcome: "ok",
    changed: made.changed,
    files,
    contract: dryRun ? made.contract : { package: name, version, digest, head },
  });
  output.line(
    `${name}@${version} needs ${count(tables.length, "table")} and sends ${count(statements.length, "statement")}, at ${head}.`,
  );
  for (const file of files) output.line(`Written: ${file}`);
  for (const one of unrecorded)
    output.line(output.paint("yellow", `Not recorded: ${one}. Call it in "releases.calls" of the configuration.`));
  return exitCodes.done;
}
