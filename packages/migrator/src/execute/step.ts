import type { StepResult } from "../report.ts";
import { escapeLiteral } from "pg";
import { recordAudit } from "../ledger/audit.ts";
import { InterruptedError, MigrationFailedError, MigratorError } from "../errors.ts";
import { waitForDisk } from "../ledger/durability.ts";
import { scriptOf } from "../history/load.ts";
import { rollBack } from "../postgres/transaction.ts";
import { compute } from "./computed.ts";
import { explain } from "./failure.ts";
import { runOutside } from "./non-transactional.ts";
import { type PipelineCommand, toCommands } from "./pipeline.ts";
import type { Run, Step } from "./run.ts";
import { closing, opening, ownRole, recording, send, titleOf } from "./transaction-commands.ts";
import { watchStep } from "./watch-step.ts";

/**
 * Applies or reverts one migration and records it. A transactional one commits together with its ledger row or not
 * at all. Throws a `MigrationFailedError` that names the statement.
 */
export async function applyStep(run: Run, step: Step): Promise<StepResult> {
  const { migration, direction, tookMs = 0 } = step;
  if (run.signal?.aborted) throw new InterruptedError();
  const started = performance.now();
  const work = migration.transactional ? applyInTransaction : applyOutside;
  const statements = await withNotices(run, migration.name, async () => await work(run, step)).catch(
    (error: unknown) => {
      throw error instanceof MigratorError ? error : explain(run, migration.name, error);
    },
  );
  return {
    name: migration.name,
    result: direction === "up" ? "applied" : "reverted",
    durationMs: Math.round((performance.now() - started + tookMs) * 1000) / 1000,
    statements,
  };
}

/** Passes on the server's messages as events: `raise notice`, warnings. */
export async function withNotices<Result>(run: Run, name: string, work: () => Promise<Result>): Promise<Result> {
  const { client } = run.connection;
  const tell = ({ severity, message }: { severity?: string | undefined; message?: string | undefined }) =>
    run.onEvent({ type: "notice", name, severity: severity ?? "NOTICE", message: message ?? "" });
  client.on("notice", tell);
  try {
    return await work();
  } finally {
    client.off("notice", tell);
  }
}

/** Sends all from begin to commit; returns the number of statements. */
async function applyInTransaction(run: Run, step: Step): Promise<number> {
  const { migration, direction } = step;
  const work = scriptOf(migration, direction).computed ? sendComputed : sendTogether;
  return await watchStep(run, migration.name, { inTransaction: true }, async () => {
    try {
      return await work(run, step);
    } catch (error) {
      const end = await rollBack(run.connection);
      if (error instanceof MigrationFailedError) error.rolledBack = end === "rolledBack";
      throw error;
    }
  });
}

async function sendTogether(run: Run, step: Step): Promise<number> {
  const { statements } = scriptOf(step.migration, step.direction);
  await send(run, step, [...opening(run, step), ...toCommands(statements), ...closing(run, step)], statements);
  return statements.length;
}

/** Runs the code first, then sends the statements that it passed to `addSql`, as MikroORM does. */
async function sendComputed(run: Run, step: Step): Promise<number> {
  const { name } = step.migration;
  await send(run, step, [...opening(run, step), { text: `set local ${ours} = ${escapeLiteral(run.runId)}` }], []);
  const statements = await compute(run, step.migration, step.direction);
  await refuseEnded(run, name);
  await send(run, step, [...toCommands(statements), ...closing(run, step)], statements);
  return statements.length;
}

// A setting local to the runner's transaction: it is gone when that ends, even if another transaction begins.
const ours = "migrator.run";

/**
 * Throws where the code has ended the runner's transaction: its changes and its ledger row would not commit together.
 */
async function refuseEnded(run: Run, name: string): Promise<void> {
  const open = run.connection.client.getTransactionStatus() !== "I";
  const [row] = open
    ? await run.connection.query<{ run: string | null }>(`select current_setting('${ours}', true) as run`)
    : [];
  if (row?.run === run.runId) return;
  throw explain(
    run,
    name,
    new Error(
      "its code ended the runner's transaction: changes that it committed stay and are not recorded. Remove the COMMIT or ROLLBACK, or make the migration non-transactional",
    ),
  );
}

/** Sets no lock time-out outside transactions: it would leave CREATE INDEX CONCURRENTLY half done. */
async function applyOutside(run: Run, step: Step): Promise<number> {
  const started = performance.now();
  const { query } = run.connection;
  const fresh = [...ownRole, "reset all", ...(run.timeouts ?? [])].join("; ");
  await query(`${fresh}; set application_name = ${escapeLiteral(titleOf(run, step.migration))}`);
  try {
    // What releases think of it must be there before the schema changes: no transaction joins the two.
    for (const { sql, parameters } of step.alongside ?? []) await query(sql, parameters);
    const sent = await runOutside(run, step);
    const end: PipelineCommand[] = [
      ...ownRole.map((text) => ({ text })),
      { text: "begin" },
      ...recording(run, step, performance.now() - started),
      { text: waitForDisk },
      { text: "commit" },
    ];
    await send(run, step, end, []);
    return sent;
  } finally {
    const open = run.connection.client.getTransactionStatus() !== "I";
    await query(`${open ? "rollback; " : ""}${fresh}`).catch(() => {});
  }
}

/** Records a failure in the audit, if the database still accepts it. */
export async function recordFailure(run: Run, migration: string, error: Error, durationMs: number): Promise<void> {
  const failed = error instanceof MigrationFailedError ? error : undefined;
  const entry = { statement: failed?.number ?? null, sqlState: failed?.sqlState ?? null };
  await recordAudit(
    run.connection.query,
    { action: "failed", migration, error: error.message, durationMs, ...entry },
    run,
    run.ledger,
  ).catch(() => {});
}
