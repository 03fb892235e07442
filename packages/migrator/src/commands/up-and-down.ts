import type { Context } from "../execute/context.ts";
import { type Judge, migrate } from "../execute/migrate.ts";
import type { MigrateOptions } from "../execute/prepared.ts";
import type { UpTarget } from "../plan/plan.ts";
import { inSpan } from "../postgres/tracing.ts";
import type { Direction, Report } from "../report.ts";

/**
 * Applies pending migrations; in a tenant's schema, those first that the database shares. Throws a `MigratorError` when
 * it cannot start; later failures are in the report.
 */
export async function up(context: Context, options: UpTarget & MigrateOptions = {}): Promise<Report> {
  const shared = options.withoutShared ? undefined : context.sharedFirst?.();
  // A number of steps is one of the tenant's own.
  if (!shared || options.steps !== undefined) return await traced(context, "up", options);
  const { upSharedFirst } = await import("./shared-first.ts");
  return await upSharedFirst({ context, shared, options }, async (one, more) => await traced(one, "up", more));
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
