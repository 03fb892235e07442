import type { MigratorError, Problem } from "../errors.ts";
import type { LoadedMigration } from "../history/load.ts";
import type { DownTarget } from "../plan/plan.ts";
import type { Parameterized } from "../postgres/parameterized.ts";
import { type Plan, type Report, unrun } from "../report.ts";

export interface MigrateOptions extends DownTarget {
  /** Reports what would be done; changes nothing and takes no lock. */
  readonly dryRun?: boolean | undefined;
  /** Migrations whose losses are accepted where `down` reverts them by the undo in the ledger. */
  readonly acceptLosses?: readonly string[] | undefined;
  /** True: what is shared was applied before; default: a run in a tenant's schema begins with it. */
  readonly withoutShared?: boolean | undefined;
  /** `expand`: applies what ends no release that must work, and holds the rest back; default: refuses such a plan. */
  readonly phase?: "expand" | undefined;
  /** Releases whose connected sessions do not hold a step back. */
  readonly disregard?: readonly string[] | undefined;
}

/** A plan that may run, or the report that ends the run here. */
export type Prepared = { readonly settled: Report; readonly plan?: never; readonly loaded?: never } | Ready;

/** A plan that may run. */
export interface Ready {
  readonly settled?: never;
  readonly plan: Plan;
  readonly loaded: readonly LoadedMigration[];
  /** What must wait, because it would end a release. */
  readonly held?: readonly string[] | undefined;
  /** What is recorded of releases together with a step. */
  readonly alongside?: ((migration: string) => readonly Parameterized[]) | undefined;
}

/** The report of a plan that does not run. */
export function refuse(plan: Plan, problems: readonly Problem[], error: MigratorError | null): Report {
  return { outcome: "refused", steps: plan.steps.map((name) => unrun(name, "notRun", plan)), problems, error };
}
