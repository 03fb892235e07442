import type { Problem } from "../errors.ts";
import { resume } from "./resume.ts";
import { halfDone } from "../plan/half-done.ts";
import { isLeftBlank, leftBlank } from "../history/left-blank.ts";
import { type LoadedMigration, scriptOf } from "../history/load.ts";
import type { Progress } from "../ledger/progress.ts";
import { type Report, unrun, type Direction, type Plan } from "../report.ts";

/** Problems of a plan's migrations themselves: one is half done, or has no statement. */
export function checkPlanned(
  plan: Plan,
  loaded: readonly LoadedMigration[],
  progress: Progress | undefined,
): Problem[] {
  return [
    ...(progress ? checkHalfDone(plan, loaded, progress) : []),
    ...loaded.flatMap((migration) => checkEmpty(migration, plan.direction)),
  ];
}

/** While a migration is half done, only its own direction may run, and it runs first. */
function checkHalfDone(plan: Plan, loaded: readonly LoadedMigration[], progress: Progress): Problem[] {
  const migration = loaded.find(({ name }) => name === progress.migration);
  if (plan.direction !== progress.direction || plan.steps[0] !== progress.migration || !migration)
    return [halfDone(progress)];
  if (migration.transactional)
    return [halfDone(progress, "it was run outside a transaction, and isTransactional() now returns true")];
  const { refusal } = resume(scriptOf(migration, plan.direction), progress);
  return refusal === undefined ? [] : [halfDone(progress, refusal)];
}

function checkEmpty(migration: LoadedMigration, direction: Direction): Problem[] {
  if (!isLeftBlank(migration, direction)) return [];
  const message = `${migration.name} ${leftBlank(direction)}.`;
  return [{ code: "empty", migration: migration.name, message }];
}

/** The report of a dry run, with the statements that the plan would send. */
export function dryRun(plan: Plan, loaded: readonly LoadedMigration[]): Report {
  const sql = loaded.map((migration) => ({
    name: migration.name,
    statements: statementsOf(migration, plan.direction),
  }));
  const steps = sql.map(({ name, statements }) => ({ ...unrun(name, "planned", plan), statements: statements.length }));
  return { outcome: "planned", steps, problems: [], error: null, sql };
}

function statementsOf(migration: LoadedMigration, direction: Direction): readonly string[] {
  const script = scriptOf(migration, direction);
  const computed = script.computed ? ["-- the rest is computed while it runs and is not known beforehand"] : [];
  return [...script.statements, ...computed];
}
