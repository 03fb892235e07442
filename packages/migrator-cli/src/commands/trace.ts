import { type HeldLock, type MigrationTrace, trace } from "@thedata/migrator/internal";
import type { ProbeResult, StatementTrace } from "@thedata/safety";
import { milliseconds } from "../describe-run.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { createSettings, type RunOptions } from "../settings.ts";
import { loadStatistics } from "./lint.ts";

type Options = RunOptions & { rows?: number; stats?: string; statsFrom?: string };

/** `migrator trace`: measures what a migration does on a shadow database full of rows, and gives the exit code. */
export async function runTrace(output: Output, options: Options, name?: string): Promise<number> {
  const { context, shadow, config } = await createSettings(options, { database: "optional" });
  const statistics = await loadStatistics(options);
  const traced = await trace(context, { name, shadow, rows: options.rows, given: config.verify?.rows, statistics });
  output.document({ outcome: traced.error ? "failed" : "traced", ...traced });
  for (const line of describe(output, traced)) output.line(line);
  return traced.error ? exitCodes.failed : exitCodes.done;
}

function describe({ paint }: Output, { migration, rows, statements, locks, probes, error }: MigrationTrace): string[] {
  return [
    `${migration}, on a shadow database with ${rows} rows in each table:`,
    ...statements.flatMap((one, index) => describeStatement(one, index + 1)),
    ...locks.map((lock) => `held to the end: ${describeLock(lock)}`),
    ...describeProbes(probes),
    ...(error ? [`${paint("red", "failed")}: ${error.message}`, `  ${oneLine(error.statement)}`] : []),
  ];
}

const oneLine = (sql: string) => sql.replaceAll(/\s+/g, " ").slice(0, 100);

function describeStatement(
  { sql, durationMs, relations, built, dropped, rows, walBytes }: StatementTrace,
  number: number,
): string[] {
  const seen = relations.map(({ relation, lock, work }) =>
    [lock, relation, work === "none" ? undefined : `(${work})`].filter(Boolean).join(" "),
  );
  const more = [
    ...seen,
    ...built.map((index) => `builds ${index}`),
    ...dropped.map((one) => `drops ${one}`),
    ...(rows > 0 ? [`${rows} rows`] : []),
    `WAL ${Math.ceil(walBytes / 1024)} kB`,
  ];
  return [`  ${number}. ${oneLine(sql)}`, `     ${milliseconds(durationMs)}: ${more.join("; ")}`];
}

function describeLock({ relation, lock, heldMs, forecastSeconds, table }: HeldLock): string {
  const here = `${lock} on ${relation} for ${milliseconds(heldMs)}`;
  if (forecastSeconds === undefined || !table) return here;
  return `${here}; with ${Math.round(table.rows).toLocaleString("en")} rows about ${forecastSeconds.toFixed(1)} s, while ${table.writesPerSecond.toFixed(0)} writes/s wait`;
}

function describeProbes(probes: readonly ProbeResult[]): string[] {
  return probes.map(
    ({ table, kind, longestMs, times }) =>
      `a ${kind} of ${table} waited ${milliseconds(longestMs)} at most (${times} tries)`,
  );
}
