import type { Context } from "../execute/context.ts";
import { type Judge, migrate } from "../execute/migrate.ts";
import type { MigrateOptions } from "../execute/prepared.ts";
import { openFolder } from "../history/history.ts";
import type { UpTarget } from "../plan/plan.ts";
import { inSpan } from "../postgres/tracing.ts";
import type { Direction, Report } from "../report.ts";

/**
 * Applies pending migrations; in a tenant's schema, those first that the database shares. Throws a `MigratorError` when
 * it cannot start; later failures are in the report.
 */
export async function up(context: Context, options: UpTarget & MigrateOptions = {}): Promise<Report> {
  const shared = options.withoutShared ? undefined : await upShared(context, options);
  if (shared?.outcome === "failed" || shared?.outcome === "refused") return shared;
  const report = await traced(context, "up", options);
  return shared && shared.outcome !== "nothing" ? join(shared, report) : report;
}

/** Applies what the database shares; undefined: the run is of no schema, or nothing is shared. */
async function upShared({ sharedFirst }: Context, { dryRun }: MigrateOptions): Promise<Report | undefined> {
  const context = sharedFirst?.();
  if (!context || (await openFolder(context.migrations)).files.length === 0) return undefined;
  return await traced(context, "up", { dryRun });
}

function join(first: Report, then: Report): Report {
  const sql = first.sql || then.sql ? { sql: [...(first.sql ?? []), ...(then.sql ?? [])] } : {};
  const outcome = then.outcome === "nothing" ? first.outcome : then.outcome;
  return { ...then, ...sql, outcome, steps: [...first.steps, ...then.steps] };
}

/** Reverts the migrations that were applied last; default: one. Throws and reports like `up`. */
export async function down(context: Context, options: MigrateOptions = {}): Promise<Report> {
  return await traced(context, "down", options);
}

async function traced(context: Context, direction: Direction, options: MigrateOptions): Promise<Report> {
  const attributes = () => ({ "migrator.run": context.runId, "migrator.direction": direction });
  const judge = direction === "up" && context.safety !== "off" ? createJudge(context) : undefined;
  const run = async () => await migrate(context, direction, options, judge);
  return await inSpan(`migrator ${direction}`, attributes, run);
}

/** Lints what is about to be applied, where the configuration asks for that. */
function createJudge(context: Context): Judge {
  return async (work) => await (await import("./lint-plan.ts")).lintPlan(context, work);
}
