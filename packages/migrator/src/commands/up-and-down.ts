import type { Context } from "../execute/context.ts";
import { type Judge, migrate } from "../execute/migrate.ts";
import type { MigrateOptions } from "../execute/prepared.ts";
import type { UpTarget } from "../plan/plan.ts";
import { inSpan } from "../postgres/tracing.ts";
import type { Direction, Report } from "../report.ts";

/** Applies pending migrations. Throws a `MigratorError` when it cannot start; later failures are in the report. */
export async function up(context: Context, options: UpTarget & MigrateOptions = {}): Promise<Report> {
  return await traced(context, "up", options);
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
