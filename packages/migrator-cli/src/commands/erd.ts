import path from "node:path";
import { erd, formatOf, type PictureFormat } from "@thedata/migrator/internal";
import { count } from "../describe-run.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { createSettings, type RunOptions } from "../settings.ts";
import { standardOutput } from "../standard-output.ts";

/** `migrator erd`: draws the schema at the head of the migrations, to a file or standard output; gives the exit code. */
export async function runErd(
  output: Output,
  { out, format, ...options }: RunOptions & { out?: string; format?: PictureFormat },
): Promise<number> {
  if (out !== undefined) formatOf(out);
  const { context, shadow, config } = await createSettings(options, { database: "optional" });
  const file = out === undefined ? undefined : path.resolve(out);
  const { text, diagram, ...drawn } = await erd(context, { file, format, areas: config.areas, shadow });
  const { tables, relations, areas } = diagram;
  const picture = file === undefined ? { text } : {};
  output.document({ file: file ?? null, format: drawn.format, ...picture, areas, tables, relations });
  if (out !== undefined)
    output.line(`Drew ${count(tables.length, "table")} and ${count(relations.length, "relation")}: ${out}`);
  // The picture is the result, not a message: --quiet does not suppress it.
  else if (!output.json) standardOutput().write(text);
  return exitCodes.done;
}
