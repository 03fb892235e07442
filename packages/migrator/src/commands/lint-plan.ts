import type { Context } from "../execute/context.ts";
import type { Judge } from "../execute/migrate.ts";
import type { Problem } from "../errors.ts";
import { readLedger } from "../ledger/ledger.ts";
import { lockSettings, readServer, stateOf, toLinted } from "./lint.ts";

/**
 * Lints what is about to be applied on the live schema, weighed by the tables' real sizes, and tells each finding as an
 * event. Gives the errors as problems where the configuration enforces safety. A database with nothing applied has
 * nothing to lose.
 */
export async function lintPlan(
  context: Context,
  { plan, history, connection }: Parameters<Judge>[0],
): Promise<Problem[]> {
  const { query } = connection;
  const applied = await readLedger(query, context.ledger);
  if (applied.length === 0) return [];
  const { lint, readStatistics } = await import("@thedata/safety");
  const state = await stateOf(query, context);
  const [statistics, server] = [await readStatistics(query), await readServer(query)];
  const migrations = await toLinted(history, plan.steps);
  const settings = { ...lockSettings(context), ...server };
  const findings = lint(migrations, { state, statistics, settings, rules: context.rules });
  for (const { migration, rule, severity, message, hint, line } of findings)
    context.onEvent({ type: "finding", migration, rule, severity, message, hint, line });
  if (context.safety !== "enforce") return [];
  return findings
    .filter(({ severity }) => severity === "error")
    .map(({ migration, rule, message, hint }) => ({
      code: "unsafe",
      migration,
      message: `${migration}: ${rule}: ${message}${hint === undefined ? "" : `. ${hint}`}`,
    }));
}
