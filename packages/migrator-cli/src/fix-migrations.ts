import path from "node:path";
import {
  ConfigurationError,
  type Context,
  type Fixed,
  fixMigration,
  lintProject,
  type ShadowOptions,
} from "@thedata/migrator/internal";
import { count } from "./describe-run.ts";
import type { Output } from "./output.ts";

/** What was put in whose place, and the names to lint now. */
export interface FixedMigrations {
  readonly all: readonly Fixed[];
  readonly names: readonly string[];
}

/** Puts safe sequences in the place of migrations, newest first, and shows each difference. */
export async function fixAll(
  output: Output,
  { context, shadow }: { readonly context: Context; readonly shadow: ShadowOptions },
  given: readonly string[],
  { dryRun = false }: { readonly dryRun?: boolean },
): Promise<FixedMigrations> {
  const { migrations, chosen } = await lintProject(context, { names: given, shadow: undefined });
  if (chosen === "all")
    throw new ConfigurationError(
      "Which migrations no database has is not known here: name those to fix, or give --base REF, or a database with --dsn",
    );
  const all: Fixed[] = [];
  // Newest first: the names of the earlier ones stay while the later ones get theirs.
  for (const name of migrations.toReversed()) {
    const onPlanned = (planned: Fixed) => {
      for (const line of describe(output, planned, dryRun)) output.line(line);
    };
    const fixed = await fixMigration(context, name, { shadow, dryRun, onPlanned });
    if (fixed) all.unshift(fixed);
  }
  if (all.length === 0) output.line("No migration has a safer form that could be written.");
  const byName = new Map(all.map((fixed) => [fixed.migration, fixed.parts.map(({ name }) => name)]));
  const names = dryRun ? migrations : migrations.flatMap((name) => byName.get(name) ?? [name]);
  return { all, names };
}

function describe(output: Output, { migration, statements, parts }: Fixed, dryRun: boolean): string[] {
  const now = new Set(parts.flatMap((part) => part.statements));
  const line = (sign: "-" | "+" | " ", sql: string) => {
    const color = { "-": "red", "+": "green", " ": "dim" } as const;
    return output.paint(color[sign], `    ${sign} ${sql.trim().replaceAll(/\s+/g, " ")}`);
  };
  const gone = statements.filter((sql) => !now.has(sql));
  return [
    `${dryRun ? "Would put" : "Puts"} ${count(parts.length, "migration")} in the place of ${migration}:`,
    ...gone.map((sql) => line("-", sql)),
    ...parts.flatMap(({ file, statements: own, why, transactional }) => [
      `  ${path.relative(process.cwd(), file)}${transactional ? "" : "  (outside a transaction)"}`,
      ...(why === null ? [] : [`    ${why}`]),
      ...own.map((sql) => line(statements.includes(sql) ? " " : "+", sql)),
    ]),
  ];
}

/** A fixed migration for programs. */
export function toFixedDocument({ migration, file, parts }: Fixed): object {
  return {
    migration,
    file,
    parts: parts.map((part) => ({ name: part.name, file: part.file, why: part.why, statements: part.statements })),
  };
}
