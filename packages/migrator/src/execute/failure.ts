import { isConnectionFailure } from "../postgres/connection.ts";
import { InterruptedError, MigrationFailedError } from "../errors.ts";
import type { Cause, PipelineFailure } from "./pipeline.ts";
import type { Run } from "./run.ts";

/** A statement of a migration, and its number in it. */
export interface Statement {
  readonly sql: string;
  /** From 1. */
  readonly number: number;
  readonly total: number;
}

/** Numbers statements from 1. */
export function enumerate(statements: readonly string[]): Statement[] {
  return statements.map((sql, index) => ({ sql, number: index + 1, total: statements.length }));
}

/**
 * Turns an error of PostgreSQL or of the migration's code into a `MigrationFailedError`; after an abort into an
 * `InterruptedError`.
 */
export function explain(run: Run, migration: string, thrown: unknown, statement?: Statement): Error {
  if (run.signal?.aborted) return new InterruptedError();
  const cause: Cause = thrown instanceof Error ? thrown : new Error(String(thrown));
  const where = statement ? ` at statement ${statement.number} of ${statement.total}` : "";
  const failed = {
    migration,
    statement: statement?.sql ?? null,
    number: statement?.number ?? null,
    total: statement?.total ?? null,
    sqlState: hasSqlState(cause) ? (cause.code ?? null) : null,
    position: cause.position ? Number(cause.position) : null,
    detail: cause.detail ?? null,
    hint: cause.code === "25001" ? outsideHint : (cause.hint ?? null),
  };
  const lost = isConnectionFailure(cause) || run.connection.isLost() ? lostWords : "";
  return new MigrationFailedError(`${migration} failed${where}: ${lost}${cause.message}`, failed, { cause });
}

const lostWords =
  'the connection to PostgreSQL was lost, and the outcome of the migration is unknown, see "migrator status": ';

const outsideHint =
  "Give the migration isTransactional() { return false; } (in plain SQL: -- migrate:up transaction:false), and put this statement into a migration of its own.";

/** Turns a pipeline's failure into an error that names the statement and the position in it. */
export function explainPipeline(
  run: Run,
  migration: string,
  { error, command }: PipelineFailure,
  statements: readonly string[],
): Error {
  // After a lost connection it is unknown which answers were on their way.
  const number = hasSqlState(error) && !isConnectionFailure(error) ? command?.statement : undefined;
  const sql = number === undefined ? undefined : statements[number - 1];
  if (sql === undefined || number === undefined) {
    error.position = undefined;
    return explain(run, migration, error);
  }
  if (error.position) error.position = String(Number(error.position) + (command?.offset ?? 0));
  return explain(run, migration, error, { sql, number, total: statements.length });
}

/** True for an error with an SQLSTATE, which the server sent. */
export function hasSqlState(error: { readonly code?: string | undefined }): boolean {
  return /^[0-9A-Z]{5}$/.test(error.code ?? "") && error.code !== "EPIPE";
}
