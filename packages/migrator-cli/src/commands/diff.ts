import { diff, type Drift, type LiveDiff, type SchemaDiff } from "@thedata/migrator/internal";
import { count } from "../describe-run.ts";
import { exitCodes } from "../exit-codes.ts";
import { abortOnSignal } from "../interrupt.ts";
import type { Output } from "../output.ts";
import { createSettings, type RunOptions } from "../settings.ts";

/** `migrator diff`: compares models, migrations and live database and gives the exit code. */
export async function runDiff(output: Output, options: RunOptions): Promise<number> {
  const { context, shadow } = await createSettings(options, { database: "optional", signal: abortOnSignal() });
  const result = await diff(context, shadow);
  output.document(result);
  for (const line of describe(output, result)) output.line(line);
  return result.outcome === "same" ? exitCodes.done : exitCodes.refused;
}

function describe(output: Output, { models, live }: SchemaDiff): string[] {
  return [
    ...(models
      ? describeLeg(output, "models ↔ migrations", models)
      : ["models ↔ migrations: no models are configured"]),
    ...(live ? describeLive(output, live) : ["migrations ↔ live database: no database is configured"]),
  ];
}

function describeLive(output: Output, { address, at, pending, differences, problems }: LiveDiff): string[] {
  const pendingLine = `  ${count(pending.length, "migration")} pending (not drift): ${pending.join(", ")}`;
  return [
    ...describeLeg(output, `migrations ↔ live database (${address}, at ${at ?? "no migration"})`, differences),
    ...(pending.length > 0 ? [output.paint("dim", pendingLine)] : []),
    ...problems.map(({ code, message }) => `  ${output.paint("red", code)}: ${message}`),
  ];
}

function describeLeg(output: Output, title: string, differences: readonly Drift[]): string[] {
  if (differences.length === 0) return [`${title}: ${output.paint("green", "equal")}`];
  return [
    `${title}: ${output.paint("red", count(differences.length, "difference"))}`,
    ...differences.flatMap(({ message, statements }) => [
      `  ${output.paint("red", "✖")} ${message}`,
      ...statements.flatMap((statement) => describeStatement(output, statement)),
    ]),
  ];
}

function describeStatement(output: Output, statement: string): string[] {
  const lines = statement.split("\n").map((line) => output.paint("dim", `      ${line}`));
  return statement.startsWith("--") ? lines : [...lines.slice(0, -1), `${lines.at(-1)}${output.paint("dim", ";")}`];
}
