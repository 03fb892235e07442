import { type ListedRelease, listReleases, retireReleases } from "@thedata/migrator/internal";
import { align } from "../align.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { createSettings, requireReleases, type RunOptions } from "../settings.ts";

/** `migrator releases`: lists the releases that the database or the folder knows. */
export async function runReleases(output: Output, options: RunOptions): Promise<number> {
  const { context } = await createSettings(options);
  const found = await listReleases(context, requireReleases(context));
  output.document({ releases: found });
  if (found.length === 0) output.line(`No release is known yet: "migrator contract --freeze" makes the first.`);
  else output.line(align([["release", "support", "sessions", "made at"], ...found.map(toCells)]));
  return exitCodes.done;
}

function toCells({ name, support, sessions, head, retiredAt, retiredBy }: ListedRelease): string[] {
  const ended = retiredAt === null ? support : `retired ${retiredAt} by ${retiredBy ?? "somebody"}`;
  return [name, ended, String(sessions), head];
}

/** `migrator releases retire V`: ends the support of releases. */
export async function runRetire(output: Output, options: RunOptions, version: string): Promise<number> {
  const { context } = await createSettings(options);
  const { retired, already } = await retireReleases(context, requireReleases(context), version);
  output.document({ outcome: retired.length > 0 ? "retired" : "nothing", retired, already });
  for (const name of retired)
    output.line(`Retired: ${name}. Steps that end it may be applied once no session of it is connected.`);
  for (const name of already) output.line(`${name} was retired before.`);
  return exitCodes.done;
}
