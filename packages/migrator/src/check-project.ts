import { readFile } from "node:fs/promises";
import { checkHistory } from "./check.ts";
import { compareModels } from "./compare-models.ts";
import type { Context } from "./context.ts";
import type { MigrationFile } from "./discover.ts";
import type { Problem } from "./errors.ts";
import { type History, openHistory } from "./history.ts";
import type { LoadedMigration } from "./load.ts";
import { stampOf } from "./resolve-target.ts";
import { replay } from "./replay.ts";
import { type ShadowOptions, withShadow } from "./shadow.ts";

/** A rule of our own for a folder with a manifest that a migration breaks. */
export interface RuleViolation {
  readonly code: "name" | "import" | "no-down";
  readonly migration: string;
  readonly message: string;
}

/** What CI wants to know of a project. */
export interface ProjectCheck {
  readonly outcome: "ok" | "refused";
  readonly problems: readonly (Problem | RuleViolation)[];
  /** The statements that would bring the migrations' result to the models; null: there are no models to compare. */
  readonly differences: readonly string[] | null;
}

/** Holds manifest, names, imports and models against the migrations, on a shadow database. Changes nothing. */
export async function checkProject(context: Context, shadow: ShadowOptions): Promise<ProjectCheck> {
  const history = await openHistory(context.directory);
  for (const { name } of history.folder.files) await history.load(name);
  const { manifest } = history.folder;
  const problems = [...checkHistory(history.known(), [], manifest), ...(manifest ? await checkRules(history) : [])];
  const differences = problems.length === 0 ? await findDifferences(context, history, shadow) : null;
  return { outcome: problems.length > 0 || (differences ?? []).length > 0 ? "refused" : "ok", problems, differences };
}

async function findDifferences(
  context: Context,
  history: History,
  shadow: ShadowOptions,
): Promise<readonly string[] | null> {
  const models = await context.loadOrmOptions();
  if (!models) return null;
  return await withShadow(shadow, async (dsn) => {
    await replay(context, history.folder, dsn);
    return (await compareModels(models, dsn, context.ledger)).up;
  });
}

async function checkRules(history: History): Promise<RuleViolation[]> {
  const { files } = history.folder;
  const violations = files.map(async (file) => [
    ...checkName(file.name),
    ...checkSource(file.name, await readFile(file.path, "utf8")),
    ...checkDown(await history.load(file.name)),
  ]);
  return [...(await Promise.all(violations)).flat(), ...findTwins(files)];
}

function violation(code: RuleViolation["code"], migration: string, message: string): RuleViolation {
  return { code, migration, message: `${migration} ${message}` };
}

function checkName(name: string): RuleViolation[] {
  if (/^Migration\d{14}_[a-z0-9_]+$/.test(name)) return [];
  return [violation("name", name, "is not named Migration<YYYYMMDDHHMMSS>_<snake_name>: rename file and class.")];
}

function findTwins(files: readonly MigrationFile[]): RuleViolation[] {
  return files.flatMap(({ name }, index) => {
    const before = files[index - 1]?.name;
    if (!before || stampOf(before) !== stampOf(name)) return [];
    return [
      violation(
        "name",
        name,
        `has the same time stamp as ${before}: which comes first must not depend on the rest of the name.`,
      ),
    ];
  });
}

function checkDown({ name, down, irreversible }: LoadedMigration): RuleViolation[] {
  if (down !== null || irreversible !== null) return [];
  return [
    violation("no-down", name, "has no down: write one, or one that throws the reason why there is no way back."),
  ];
}

function checkSource(name: string, source: string): RuleViolation[] {
  const imports = [...source.matchAll(/\b(?:from|import|require)\s*\(?\s*["']([^"'\n]+)["']/g)].map(
    (match) => match[1] ?? "",
  );
  const foreign = imports.filter((specifier) => !specifier.startsWith("@mikro-orm/"));
  const violations = foreign.map((specifier) =>
    violation(
      "import",
      name,
      `imports "${specifier}": a migration is frozen and must not change with other code; write its SQL out.`,
    ),
  );
  if ([...source.matchAll(/\bclass\s+(\w+)/g)].some((match) => match[1] === name)) return violations;
  return [...violations, violation("name", name, "holds a class of another name: give it the file's name.")];
}
