import { type Event, renderScript, type ScriptOptions } from "@thedata/migrator/internal";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { createSettings, type GlobalOptions } from "../settings.ts";
import { standardOutput } from "../standard-output.ts";

/** `migrator sql`: prints the SQL that `up` or `down` would send, without a database, and gives the exit code. */
export async function runSql(output: Output, options: GlobalOptions & ScriptOptions): Promise<number> {
  const computed: string[] = [];
  const onEvent = (event: Event) => void (event.type === "computed" && computed.push(event.name));
  const { context } = await createSettings(options, { database: "none", onEvent });
  const sql = await renderScript(context, options);
  output.document({ sql, computed });
  // The script is the result, not a message: --quiet does not suppress it.
  if (!output.json) standardOutput().write(sql);
  for (const name of computed) output.error(`${output.paint("yellow", "warning:")} ${name} ${meaning}`);
  return exitCodes.done;
}

const meaning = `computes its SQL at run time, so psql stops there; "migrator up" applies it`;
