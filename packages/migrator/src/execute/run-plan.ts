import { explain } from "./failure.ts";
import { recordFailure } from "./step.ts";
import { tryStep } from "./try-step.ts";
import type { Context } from "./context.ts";
import { MigrationFailedError, MigratorError, RefusedError } from "../errors.ts";
import type { LoadedMigration } from "../history/load.ts";
import { type BackfillState, readBackfills } from "../ledger/backfills.ts";
import { refuseBegun, refuseVanished } from "./backfill/begun.ts";
import { ensureLedger, ensureReleaseTables } from "../ledger/prepare-ledger.ts";
import { createUndoDigester } from "../ledger/undo-digester.ts";
import { type Report, unrun, type StepResult, type Direction, type Plan } from "../report.ts";
import type { Ready } from "./prepared.ts";
import type { Run, Step } from "./run.ts";
import { isPart } from "../history/part.ts";
import { qualified } from "../ledger/tables.ts";

/** Runs a plan step by step, under the lock; a `MigratorError` is in the report. */
export async function runPlan(
  session: Run,
  context: Context,
  ready: Ready & { readonly names: readonly string[] },
): Promise<Report> {
  const { plan, loaded, names } = ready;
  const tables = await ensureLedger(
    session.connection,
    context.ledger,
    async () => await refuseOther(session, context, plan),
  );
  if (tables > 0) context.onEvent({ type: "unrecorded", tables, advice: adviseBaseline(context) });
  const begun = await readBackfills(session.connection.query, context.ledger);
  refuseVanished(begun, names);
  if (plan.direction === "down") await refuseBegun(session, begun);
  context.onEvent({ type: "planned", plan, database: session.connection.address });
  if (plan.fromLedger) return await (await import("./run-undo.ts")).runUndo(session, context, plan, loaded);
  if (ready.alongside) await ensureReleaseTables(session.connection, context.ledger);
  return withHeld(await runSteps(await withDigests(session, context, plan), context, ready, begun), ready.held);
}

/** Adds the steps that were not begun, because they would end a release. */
function withHeld(report: Report, held: readonly string[] = []): Report {
  return {
    ...report,
    steps: [...report.steps, ...held.map((name) => ({ ...unrun(name, "held"), heldBy: "release" as const }))],
  };
}

/** Only what is applied is stored with an undo. */
async function withDigests(session: Run, { ledger, undoKey }: Context, { direction }: Plan): Promise<Run> {
  if (direction === "down") return session;
  return { ...session, digestUndo: await createUndoDigester(session.connection.query, ledger, undoKey()) };
}

async function runSteps(
  session: Run,
  context: Context,
  { plan, loaded, alongside }: Ready,
  begun: readonly BackfillState[],
): Promise<Report> {
  const steps: StepResult[] = [];
  for (const [index, migration] of loaded.entries()) {
    if (context.stop?.aborted) return stopped(plan, steps);
    const another = index < loaded.length - 1;
    context.onEvent({ type: "started", name: migration.name, direction: plan.direction });
    const started = performance.now();
    try {
      const ready = await settleBackfill(session, context, migration, begun, plan.direction);
      if (!ready) return hold(context, plan, steps);
      steps.push(
        await tryStep({ ...session, another }, context, {
          ...ready,
          direction: plan.direction,
          alongside: alongside?.(migration.name),
        }),
      );
    } catch (error) {
      const failed: StepResult = {
        ...unrun(migration.name, "failed"),
        durationMs: Math.round(performance.now() - started),
      };
      await recordFailure(session, migration.name, error as Error, failed.durationMs);
      context.onEvent({ type: "finished", step: failed });
      return failure(plan, [...steps, failed], await nameBaseline(session, context, error));
    }
    context.onEvent({ type: "finished", step: steps.at(-1) as StepResult });
  }
  return { outcome: plan.direction === "up" ? "applied" : "reverted", steps, problems: [], error: null };
}

/** The report of a run that was asked to stop. */
function stopped({ direction, steps }: Plan, done: readonly StepResult[]): Report {
  const outcome = direction === "up" ? "applied" : "reverted";
  const rest = steps.slice(done.length).map((name) => unrun(name, "notRun"));
  return { outcome: done.length > 0 ? outcome : "nothing", steps: [...done, ...rest], problems: [], error: null };
}

/** The migration as it is to run now; undefined: its backfill is not done, and holds it. */
async function settleBackfill(
  session: Run,
  { backfills }: Context,
  migration: LoadedMigration,
  begun: readonly BackfillState[],
  direction: Direction,
): Promise<Omit<Step, "direction"> | undefined> {
  const own = begun.find((state) => state.migration === migration.name);
  if (direction === "down" || !(migration.backfill || own)) return { migration };
  const { settleBackfill: settle } = await import("./backfill/at-step.ts");
  return await settle(session, migration, backfills, own).catch((error: unknown) => {
    throw error instanceof MigratorError ? error : explain(session, migration.name, error);
  });
}

/** The report of a run that stops before a backfill: what comes after it may need it. */
function hold({ onEvent }: Context, plan: Plan, done: readonly StepResult[]): Report {
  const held = plan.steps.slice(done.length).map((name) => ({ ...unrun(name, "held"), heldBy: "backfill" as const }));
  for (const step of held) onEvent({ type: "finished", step });
  return { outcome: done.length > 0 ? "applied" : "nothing", steps: [...done, ...held], problems: [], error: null };
}

/** A new ledger beside the one that has the history would run all of it again. */
async function refuseOther({ connection }: Run, { ledger, migrations }: Context, { steps }: Plan): Promise<void> {
  // Each tenant of the database has a ledger.
  if (isPart(migrations)) return;
  const { describeOtherLedger, findOtherLedger } = await import("../ledger/other-ledger.ts");
  const found = await findOtherLedger(connection.query, ledger, steps);
  if (found !== undefined) throw new RefusedError(`${describeOtherLedger(found, ledger)}. Nothing was changed`);
}

function failure(plan: Plan, done: readonly StepResult[], error: unknown): Report {
  if (!(error instanceof MigratorError)) throw error;
  const rest = plan.steps.slice(done.length).map((name) => unrun(name, "notRun"));
  return { outcome: "failed", steps: [...done, ...rest], problems: [], error };
}

const existsAlready = /^42(P04|P06|P07|701|710|723)$/;

function adviseBaseline({ migrations, schema }: Context): string {
  if (!isPart(migrations)) return `run "migrator baseline --at M"; if another tool made it, run that without --at`;
  const quoted = /^[\w-]+$/.test(schema ?? "") ? schema : `'${schema?.replaceAll("'", String.raw`'\''`)}'`;
  return `run "migrator baseline ${schema === undefined ? "--shared" : `--schema ${quoted}`} --at M"`;
}

/** Adds a hint to run `baseline` where an object exists already and no earlier run is recorded in the database. */
async function nameBaseline({ connection }: Run, context: Context, error: unknown): Promise<unknown> {
  const { ledger, runId } = context;
  if (!(error instanceof MigrationFailedError) || !existsAlready.test(error.sqlState ?? "")) return error;
  const others = `select from ${qualified(ledger)} where run_id is distinct from $1 limit 1`;
  const rows = await connection.query(others, [runId]).catch(() => [undefined]);
  if (rows.length > 0) return error;
  const advice = `No earlier run is recorded: if these migrations' schema is there already, ${adviseBaseline(context)}`;
  const named = new MigrationFailedError(`${error.message}. ${advice}`, error, { cause: error.cause });
  named.rolledBack = error.rolledBack;
  return named;
}
