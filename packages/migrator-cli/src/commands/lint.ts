import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import {
  ConfigurationError,
  type Fixed,
  lintProject,
  type LintReport,
  type PlacedFinding,
  readTableStatistics,
} from "@thedata/migrator/internal";
import { parseStatistics, type Statistics } from "@thedata/safety";
import { findAdded } from "../added-migrations.ts";
import { isOnGitHub, relativeFile, toWorkflowCommand } from "../annotations.ts";
import { validate } from "../database-address.ts";
import { count } from "../describe-run.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { toSarif } from "../sarif.ts";
import { fixAll, toFixedDocument } from "../fix-migrations.ts";
import { createSettings, type GlobalOptions, type RunOptions } from "../settings.ts";

type Options = RunOptions & {
  shadow?: boolean;
  stats?: string;
  statsFrom?: string;
  base?: string;
  sarif?: string;
  fix?: boolean;
  dryRun?: boolean;
};

/** `migrator lint`: says what migrations would do to a live database, and gives the exit code. */
export async function runLint(output: Output, names: readonly string[], options: Options): Promise<number> {
  const { context, shadow, config } = await createSettings(options, { database: "optional" });
  const statistics = await loadStatistics(options);
  const added = options.base === undefined ? [] : await findAdded(context.migrations as string, options.base);
  if (options.base !== undefined && added.length === 0 && names.length === 0) {
    output.document({ outcome: "ok", migrations: [], findings: [] });
    output.line(`No migration was added since ${options.base}.`);
    return exitCodes.done;
  }
  const chosen = [...names, ...added];
  const fixed = options.fix ? await fixAll(output, { context, shadow }, chosen, options) : undefined;
  const report = await lintProject(context, {
    names: fixed?.names ?? chosen,
    shadow: options.shadow === false ? undefined : shadow,
    rules: config.rules,
    statistics,
  });
  await writeReport(output, report, options, fixed?.all);
  return report.outcome === "ok" ? exitCodes.done : exitCodes.refused;
}

async function writeReport(
  output: Output,
  report: LintReport,
  { sarif }: Options,
  fixed?: readonly Fixed[],
): Promise<void> {
  const named = report.findings.map((finding) => toDocument(finding));
  output.document({
    outcome: report.outcome,
    migrations: report.migrations,
    findings: named,
    ...(fixed ? { fixed: fixed.map(toFixedDocument) } : {}),
  });
  if (sarif !== undefined) await writeFile(sarif, `${JSON.stringify(toSarif(report.findings), null, 2)}\n`);
  for (const finding of report.findings) for (const line of describeFinding(output, finding)) output.line(line);
  output.line(summarize(report));
  if (isOnGitHub(process.env)) for (const finding of report.findings) output.line(annotate(finding));
}

/** A finding for programs, with its file as people name it. */
export function toDocument({ file, statement, ...finding }: PlacedFinding): object {
  return { ...finding, statement, file: file === null ? null : relativeFile(file, process.env) };
}

const colors = { error: "red", warning: "yellow", note: "cyan" } as const;

/** A finding for people: where, what happens, and the way out. */
export function describeFinding({ paint }: Output, finding: PlacedFinding): string[] {
  const { severity, rule, message, hint, file, line, migration, unknown } = finding;
  const place = file === null ? migration : `${path.relative("", file)}${line === null ? "" : `:${line}`}`;
  return [
    `${place}  ${paint(colors[severity], severity)}  ${rule}`,
    `  ${message}${unknown ? " (unknown: it depends on what the catalog would tell)" : ""}`,
    ...(hint === undefined ? [] : [`  → ${hint}`]),
  ];
}

function summarize({ migrations, findings, chosen }: LintReport): string {
  const of = (severity: PlacedFinding["severity"]) => findings.filter((one) => one.severity === severity).length;
  const which = {
    named: "each on the schema before it",
    pending: "which the database has not applied, as one run",
    all: "as one run on an empty database: name migrations, or give --base REF, to lint what is deployed next",
  };
  const found =
    findings.length === 0
      ? "Nothing found"
      : `Found ${count(of("error"), "error")}, ${count(of("warning"), "warning")}, ${count(of("note"), "note")}`;
  return `${found} in ${count(migrations.length, "migration")}, ${which[chosen]}.`;
}

function annotate({ severity, rule, message, hint, file, line }: PlacedFinding): string {
  const level = { error: "error", warning: "warning", note: "notice" } as const;
  return toWorkflowCommand(
    {
      title: `migrator lint: ${rule}`,
      message: hint === undefined ? message : `${message}. ${hint}`,
      file,
      line,
      level: level[severity],
    },
    process.env,
  );
}

/** Reads the statistics that the options name. Throws a `ConfigurationError` for a file that is none. */
export async function loadStatistics({
  stats,
  statsFrom,
}: Pick<Options, "stats" | "statsFrom">): Promise<Statistics | undefined> {
  if (statsFrom !== undefined) return await readTableStatistics(validate(statsFrom, "--stats-from"));
  if (stats === undefined) return undefined;
  try {
    return parseStatistics(await readFile(stats, "utf8"));
  } catch (cause) {
    throw new ConfigurationError(`--stats ${stats} is no file of "migrator stats": ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** `migrator stats`: writes what `lint --stats` weighs by, and gives the exit code. */
export async function runStats(output: Output, options: GlobalOptions & { out?: string }): Promise<number> {
  const { context } = await createSettings(options);
  const statistics = await readTableStatistics(context.dsn);
  const text = `${JSON.stringify(statistics, null, 2)}\n`;
  if (options.out === undefined) {
    output.document(statistics);
    output.line(text.trimEnd().split("\n"));
  } else {
    await writeFile(options.out, text);
    output.document({ outcome: "written", out: options.out, tables: Object.keys(statistics.tables).length });
    output.line(
      `Wrote ${options.out}: ${count(Object.keys(statistics.tables).length, "table")}, sizes and counts, nothing of the rows.`,
    );
  }
  return exitCodes.done;
}
