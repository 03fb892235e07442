import path from "node:path";
import { create, type Created, type DecideRename } from "@thedata/migrator/internal";
import { askRename } from "../ask-rename.ts";
import { count } from "../describe-run.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { createSettings, type RunOptions } from "../settings.ts";

interface Options extends RunOptions {
  readonly blank?: boolean;
  readonly direct?: boolean;
  readonly contract?: boolean;
  readonly dryRun?: boolean;
  readonly rename?: readonly string[];
  /** False with `--no-renames`. */
  readonly renames?: boolean;
}

/** `migrator create`: writes a migration from the models, or says that there is nothing to write; gives the exit code. */
export async function runCreate(output: Output, name: string, options: Options): Promise<number> {
  const { context, shadow } = await createSettings(options, { database: "optional" });
  const { blank, direct, contract, dryRun, rename: renames } = options;
  const created = await create(context, {
    name,
    blank,
    direct,
    contract,
    dryRun,
    renames,
    decide: decideBy(output, options),
    shadow,
  });
  output.document({
    outcome: outcomeOf(created.file, options),
    name: created.name,
    file: created.file,
    statements: created.statements,
    renames: created.renames,
    warnings: created.warnings,
    irreversible: created.irreversible,
    ...(created.parts.length > 1
      ? { parts: created.parts.map(({ name: part, file, why }) => ({ name: part, file, why })) }
      : {}),
  });
  for (const line of describe(output, created, options)) output.line(line);
  return exitCodes.done;
}

/** Undefined where nobody can be asked: `create` then refuses an undecided rename. */
function decideBy(output: Output, { renames }: Options): DecideRename | undefined {
  if (renames === false) return async () => null;
  return output.isInteractive() && process.stdin.isTTY ? askRename : undefined;
}

function outcomeOf(file: string | null, options: Options): string {
  if (file === null) return "nothing";
  return options.dryRun ? "planned" : "created";
}

function describe(output: Output, created: Created, options: Options): string[] {
  if (created.file === null) return [output.paint("green", "Nothing to create: models and migrations are equal.")];
  const what = options.dryRun ? created.parts.flatMap(({ code }) => code.split("\n")) : describeParts(created, options);
  return [...what, ...describeWarnings(output, created)];
}

function describeParts(created: Created, options: Options): string[] {
  const [first, ...more] = created.parts;
  if (!first) return [];
  const relative = (file: string) => path.relative(process.cwd(), file);
  if (more.length === 0)
    return [`Created ${relative(first.file)}: ${describeStatements(created, options)}`, ...because(first.why)];
  return [
    `Created ${count(created.parts.length, "migration")}, so that nobody waits for more than a moment: ${describeStatements(created, options)}`,
    ...created.parts.flatMap(({ file, why }) => [`  ${relative(file)}`, ...because(why)]),
  ];
}

const because = (why: string | null) => (why === null ? [] : [`    ${why}`]);

function describeStatements({ statements }: Created, options: Options): string {
  return options.blank
    ? `its up and down are empty. Write the SQL, then, where the folder has a manifest, run "migrator check --fix".`
    : `${count(statements.length, "statement")}. Review it, then run "migrator up".`;
}

function describeWarnings(output: Output, { warnings, irreversible }: Created): string[] {
  const mark = output.paint("yellow", "!");
  return [
    ...new Set(warnings.map(({ message }) => `  ${mark} ${message}`)),
    ...(irreversible === null ? [] : [`  ${mark} it cannot be reverted: ${irreversible}`]),
  ];
}
