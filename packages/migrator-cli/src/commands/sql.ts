import { renderScript, type ScriptOptions } from "@thedata/migrator";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { createSettings, type GlobalOptions } from "../settings.ts";

/** `migrator sql`: prints what `up` or `down` would send, without a database, and gives the exit code. */
export async function runSql(output: Output, options: GlobalOptions & ScriptOptions): Promise<number> {
  const { context } = await createSettings(options, { database: "optional" });
  const sql = await renderScript(context, options);
  output.document({ sql });
  // The script is the result, not a message about it: --quiet does not swallow it.
  if (!output.json) process.stdout.write(sql);
  return exitCodes.done;
}
