import { escapeLiteral } from "pg";
import { fitsMessage, sendMessage } from "./apply-message.ts";
import { applyOutside } from "./apply-outside.ts";
import { auditInsert, recordAudit } from "./audit.ts";
import type { Query } from "./connect.ts";
import { MigrationFailedError, MigratorError } from "./errors.ts";
import { inline, type SqlExpression } from "./inline.ts";
import { ledgerDelete, ledgerInsert, type Parameterized } from "./ledger.ts";
import type { LoadedMigration } from "./load.ts";
import type { Direction } from "./plan.ts";
import { isPlain } from "./plain.ts";
import type { Run } from "./run.ts";
import { compute, enumerate, explain, scriptOf, send, type Statement } from "./send.ts";

/** What happened to one migration. */
export interface StepResult {
  readonly name: string;
  readonly result: "applied" | "reverted" | "failed" | "notRun" | "planned";
  /** How long it took, in milliseconds; 0 when it did not run. */
  readonly durationMs: number;
  /** How many statements it sent, or would send. */
  readonly statements: number;
}

/**
 * Applies or reverts one migration and records it. A transactional one commits together with its ledger row or not
 * at all. Throws a `MigrationFailedError` that names the statement.
 */
export async function applyStep(run: Run, migration: LoadedMigration, direction: Direction): Promise<StepResult> {
  const started = performance.now();
  const elapsed = () => Math.round((performance.now() - started) * 1000) / 1000;
  const work = migration.transactional ? applyInTransaction : applyBeside;
  // What fails outside the statements fails the migration too: deferred constraints at the commit, or the ledger row.
  const statements = await work(run, migration, direction, elapsed).catch((error: unknown) => {
    throw error instanceof MigratorError ? error : explain(run, migration.name, error);
  });
  return {
    name: migration.name,
    result: direction === "up" ? "applied" : "reverted",
    durationMs: elapsed(),
    statements,
  };
}

type Work = (run: Run, migration: LoadedMigration, direction: Direction, elapsed: () => number) => Promise<number>;

const ownRole = "reset session authorization; reset role";
const fresh = `${ownRole}; reset all`;
// What a migration set for its session must not reach the next one. Its role is reset before the record is written.
const commit = "commit; reset all";

const applyInTransaction: Work = async (run, migration, direction, elapsed) => {
  const { query, client } = run.connection;
  try {
    if (await sendTogether(run, migration, direction)) return scriptOf(migration, direction).statements.length;
    const sent = await sendAll(run, migration, direction, elapsed);
    await query(commit);
    return sent;
  } catch (error) {
    const undone = await canUndo(client.getTransactionStatus(), query, error);
    await query("rollback").catch(() => {});
    if (error instanceof MigrationFailedError) error.rolledBack ||= undone;
    throw error;
  }
};

/** Opens the transaction and sets what holds in it alone: in one command, for each costs the server as much as the next. */
function beginning(run: Run, migration: LoadedMigration): string[] {
  const settings = {
    lock_timeout: String(Math.round(run.lockTimeoutMs)),
    application_name: titleOf(run, migration),
    ...(run.another ? { synchronous_commit: "off" } : {}),
  };
  const calls = Object.entries(settings).map(([name, value]) => `set_config('${name}', ${escapeLiteral(value)}, true)`);
  return ["begin", `select ${calls.join(", ")}`];
}

/** All in one message, where that can be; false: nothing is done. */
async function sendTogether(run: Run, migration: LoadedMigration, direction: Direction): Promise<boolean> {
  const script = scriptOf(migration, direction);
  if (script.computed || !fitsMessage(script.statements)) return false;
  // Such a one leaves the session as it was.
  const plain = script.statements.every(isPlain);
  return await sendMessage(run, {
    migration: migration.name,
    begin: beginning(run, migration),
    statements: enumerate(script.statements),
    record: (durationMs) =>
      [...(plain ? [] : [ownRole]), ...recording(run, migration, direction, durationMs).map(inline)].join(";\n"),
    commit: plain ? "commit" : commit,
    plain,
  });
}

/** One statement after the other. */
async function sendAll(
  run: Run,
  migration: LoadedMigration,
  direction: Direction,
  elapsed: () => number,
): Promise<number> {
  await run.connection.query([...beginning(run, migration), `set local ${ours} = 'begun'`].join("; "));
  const script = scriptOf(migration, direction);
  const statements = enumerate(script.computed ? await compute(run, migration, direction) : script.statements);
  for (const statement of statements) {
    await send(run, migration.name, statement);
    await refuseEnded(run, migration, statement);
  }
  await record(run, migration, direction, elapsed());
  return statements.length;
}

/** A migration that commits or rolls back by itself would be recorded beside, not with, what it did. */
async function refuseEnded(
  { connection }: Run,
  { name }: LoadedMigration,
  { sql, number, total }: Statement,
): Promise<void> {
  const open = connection.client.getTransactionStatus() !== "I";
  if (open && (!mayEnd.test(sql) || (await isOurs(connection.query)))) return;
  const message = `${name} ended the runner's transaction at statement ${number} of ${total}, so what came before it stays and is not recorded: take "${sql.trim().slice(0, 40)}" out, or make the migration non-transactional`;
  const nothing = { sqlState: null, position: null, detail: null, hint: null };
  throw new MigrationFailedError(message, { migration: name, statement: sql, number, total, ...nothing });
}

// A setting of the transaction: with its end, whoever ends it and whatever begins after it, it is gone.
const ours = "migrator.transaction";
const mayEnd = /\b(commit|rollback|abort|end|prepare)\b/i;

/** Whether a rollback takes back all that the migration did. In a transaction that has failed nobody can ask. */
async function canUndo(status: string | null, query: Query, error: unknown): Promise<boolean> {
  if (status === "T") return await isOurs(query).catch(() => false);
  return status === "E" && !(error instanceof MigrationFailedError && failedBehindCommit(error));
}

/** Whether the transaction that is open is the one that the runner began. */
async function isOurs(query: Query): Promise<boolean> {
  const [row] = await query<{ ours: string | null }>(`select current_setting('${ours}', true) as ours`);
  return row?.ours === "begun";
}

/** A statement that failed behind a commit of its own; a block of PL/pgSQL, which has an END, cannot commit here. */
function failedBehindCommit({ statement }: MigrationFailedError): boolean {
  return (
    statement !== null && /(^|;|\*\/|\n)\s*(commit|end|rollback(?!\s+to)|abort)\b[^;]*;/i.test(stripBlocks(statement))
  );
}

function stripBlocks(sql: string): string {
  return sql.replaceAll(/(\$\w*\$).*?\1/gs, "");
}

/** Without a lock time-out where no transaction is: it would leave CREATE INDEX CONCURRENTLY half done. */
const applyBeside: Work = async (run, migration, direction, elapsed) => {
  const { query } = run.connection;
  await query(`${fresh}; set application_name = ${escapeLiteral(titleOf(run, migration))}`);
  try {
    const sent = await applyOutside(run, migration, direction);
    await query("begin");
    await record(run, migration, direction, elapsed());
    await query("commit");
    return sent;
  } finally {
    await query(fresh).catch(() => {});
  }
};

/** What PostgreSQL's own views show of the session; longer names would be cut with a notice. */
function titleOf({ toolVersion }: Run, { name }: LoadedMigration): string {
  return `migrator/${toolVersion} ${name}`.slice(0, 63);
}

async function record(run: Run, migration: LoadedMigration, direction: Direction, durationMs: number): Promise<void> {
  const { query } = run.connection;
  // The migration may have taken another role, which the ledger is closed to.
  await query(ownRole);
  for (const { sql, parameters } of recording(run, migration, direction, durationMs)) await query(sql, parameters);
}

/** The statements that write ledger and audit. */
function recording(
  run: Run,
  { name, checksum, down }: LoadedMigration,
  direction: Direction,
  durationMs: number | SqlExpression,
): Parameterized[] {
  const { host: appliedFrom, toolVersion, runId, ledger } = run;
  const undo = down && !down.computed ? down.statements : null;
  const action = direction === "up" ? "applied" : "reverted";
  return [
    direction === "down"
      ? ledgerDelete(name, ledger)
      : ledgerInsert({ name, checksum, durationMs, appliedFrom, toolVersion, runId, undo }, ledger),
    auditInsert({ action, migration: name, checksum, durationMs }, run, ledger),
  ];
}

/** Notes a failure in the audit, if the database still takes it. */
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
