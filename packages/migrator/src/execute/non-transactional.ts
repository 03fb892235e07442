import { InterruptedError, MigrationFailedError, RefusedError } from "../errors.ts";
import { halfDone } from "../plan/half-done.ts";
import { scriptOf } from "../history/load.ts";
import { inTransaction, runTransaction } from "../postgres/transaction.ts";
import { forgetProgress, noteProgress, readProgress, withdrawAttempt } from "../ledger/progress.ts";
import { compute } from "./computed.ts";
import { dropInvalidIndex, findIndex, parseConcurrentIndex } from "./concurrent-index.ts";
import { enumerate, explain, hasSqlState, type Statement } from "./failure.ts";
import type { Run, Step } from "./run.ts";
import { resume } from "./resume.ts";
import { isRepeatable, sessionCommandsOf } from "./statement-kinds.ts";
import { lastOf, toUnits, type Unit } from "./units.ts";
import { watchStep } from "./watch-step.ts";

// "Cannot run inside a transaction block", and a DO block or procedure that commits by itself.
const wantsNoTransaction = new Set(["25001", "2D000"]);

// A cancel after long lock waits would leave CREATE INDEX CONCURRENTLY half done.
const outside = { inTransaction: false };

/**
 * Runs a migration outside a transaction and returns how many statements were sent. A statement that can run in a
 * transaction commits together with its progress row; for one that cannot (CONCURRENTLY), a row is written before and
 * after. A resumed run starts after the statements that are done, and looks up the one with an unknown outcome in the
 * catalog.
 */
export async function runOutside(run: Run, step: Step): Promise<number> {
  const { migration, direction } = step;
  const script = scriptOf(migration, direction);
  const progress = await readProgress(run.connection.query, run.ledger);
  const resumption = resume(script, progress);
  if (progress && resumption.refusal !== undefined)
    throw new RefusedError(halfDone(progress, resumption.refusal).message);
  const { done = 0, inDoubt = null, leftover = null } = resumption;
  if (leftover !== null) await isDone(run, leftover, false);
  for (const command of sessionCommandsOf(script.statements.slice(0, done))) await run.connection.query(command);
  const statements = enumerate(script.computed ? await computeOutside(run, step) : script.statements);
  const position = { ...step, computed: script.computed };
  for (const unit of toUnits(migration.name, statements))
    if (lastOf(unit).number > done) await runUnit(run, position, unit, lastOf(unit).number === inDoubt);
  return statements.length - done;
}

/** A step; `computed`: its statements are known only after its code has run. */
interface Position extends Step {
  readonly computed: boolean;
}

/** Runs the code only once: where it is cut off, or fails after it did something, a person decides. */
async function computeOutside(run: Run, { migration, direction }: Step): Promise<string[]> {
  const note = { migration: migration.name, direction, ...unknownStatements } as const;
  await noteProgress(run.connection.query, note, run, run.ledger);
  const traffic = { answered: 0, inDoubt: false };
  try {
    return await watchStep(run, migration.name, outside, async () => await compute(run, migration, direction, traffic));
  } catch (error) {
    const isUndone = traffic.answered === 0 && !traffic.inDoubt;
    if (isUndone && !run.connection.isLost()) await forgetProgress(run.connection.query, migration.name, run.ledger);
    throw isUndone ? error : withWarning(error, "what its code did before that stays");
  }
}

/** Adds to the error what stays, because nothing rolls it back. */
function withWarning(error: unknown, what: string): unknown {
  if (!(error instanceof MigrationFailedError)) return error;
  return new MigrationFailedError(`${error.message} (it runs outside a transaction: ${what})`, error, { cause: error });
}

async function runUnit(run: Run, position: Position, unit: Unit, inDoubt: boolean): Promise<void> {
  const { number } = unit.all[0];
  if (run.signal?.aborted) throw interrupted(number);
  try {
    if (!inDoubt && (await runInTransaction(run, position, unit))) return;
    await runAlone(run, position, unit.all[0], inDoubt);
  } catch (error) {
    const before = number === 2 ? "statement 1 stays" : `statements 1 to ${number - 1} stay`;
    if (error instanceof InterruptedError) throw interrupted(number);
    throw number > 1 ? withWarning(error, `${before} done, and the next run resumes after that`) : error;
  }
}

function interrupted(number: number): InterruptedError {
  const before = number > 1 ? `, and what it has done before statement ${number} stays` : "";
  return new InterruptedError(
    `Interrupted: the statement under way was cancelled; its migration runs outside a transaction${before}: see "migrator status"`,
  );
}

type NoteState = "attempted" | "failed" | "done";

/**
 * Writes progress rows as the session's own role until the transaction ends: the migration may have set another role,
 * which may not write them.
 */
async function note(run: Run, position: Position, statements: readonly Statement[], state: NoteState): Promise<void> {
  const { query } = run.connection;
  await query("set local session authorization default; set local role none");
  const { migration, direction, computed } = position;
  const known = computed ? unknownStatements : { statements, total: statements[0]?.total ?? null, state };
  await noteProgress(query, { migration: migration.name, direction, ...known }, run, run.ledger);
}

// The next run cannot know the statements of computed code.
const unknownStatements = { statements: [{ number: 0, sql: "" }], total: null, state: "attempted" } as const;

async function noteAlone(run: Run, position: Position, statement: Statement, state: NoteState): Promise<void> {
  await inTransaction(run.connection, async () => await note(run, position, [statement], state));
}

/** Returns false when PostgreSQL refuses the statement inside a transaction; then nothing has happened. */
async function runInTransaction(run: Run, position: Position, { begin, statements, all }: Unit): Promise<boolean> {
  const { name } = position.migration;
  const work = async () => {
    await run.connection.query(`set local lock_timeout = ${Math.round(run.lockTimeoutMs)}`);
    for (const statement of statements) await sendStatement(run, name, statement);
    await note(run, position, all, "done");
  };
  return await watchStep(run, name, { inTransaction: true }, async () => {
    const result = await runTransaction(run.connection, work, { begin });
    if (result.end === "committed") return true;
    // A transaction that the migration wrote itself cannot hold such a statement, and the runner does not take it out.
    const isOurs = statements.length === 1 && statements[0] === all[0];
    if (isOurs && wantsNoTransaction.has((result.error as { sqlState?: string }).sqlState ?? "")) return false;
    throw result.error;
  });
}

/** Sends a statement that cannot run in a transaction, and notes it as attempted before and as done after. */
async function runAlone(run: Run, position: Position, statement: Statement, inDoubt: boolean): Promise<void> {
  if (await isDone(run, statement.sql, inDoubt)) return await noteAlone(run, position, statement, "done");
  await noteAlone(run, position, statement, "attempted");
  try {
    await watchStep(
      run,
      position.migration.name,
      outside,
      async () => await sendStatement(run, position.migration.name, statement),
    );
  } catch (error) {
    if (isRepeatable(statement.sql) && isAnswer(error)) await settleFailure(run, position, statement);
    throw error;
  }
  await noteAlone(run, position, statement, "done");
}

/** Whether the server answered that the statement failed. A block that commits may still have done a part. */
function isAnswer(error: unknown): boolean {
  const { cause, code } = error as { cause?: { code?: string }; code?: string };
  return hasSqlState(cause ?? {}) || code === "interrupted";
}

/** A failed CONCURRENTLY statement leaves traces: the step stays half done until they are gone. */
async function settleFailure(run: Run, position: Position, statement: Statement): Promise<void> {
  if (run.connection.isLost()) return;
  if (await leavesTraces(run, statement.sql)) await noteAlone(run, position, statement, "failed");
  else await withdrawAttempt(run.connection.query, position.migration.name, run.ledger);
}

/** True for an invalid index. For other CONCURRENTLY statements it is unknown, and true is assumed. */
async function leavesTraces(run: Run, sql: string): Promise<boolean> {
  const wanted = await parseConcurrentIndex(sql);
  if (!wanted) return /\bconcurrently\b/i.test(sql);
  return (await findIndex(run.connection.query, wanted))?.valid === false;
}

async function sendStatement(run: Run, migration: string, statement: Statement): Promise<void> {
  await run.connection.client.query(statement.sql).catch((error: unknown) => {
    throw explain(run, migration, error, statement);
  });
}

/**
 * Drops an invalid index that stands in the way of a CONCURRENTLY statement. True when an earlier run completed the
 * statement but could not note it.
 */
async function isDone({ connection: { query } }: Run, sql: string, inDoubt: boolean): Promise<boolean> {
  const wanted = await parseConcurrentIndex(sql);
  if (!wanted) return false;
  const found = await findIndex(query, wanted);
  if (wanted.kind === "drop") return inDoubt && !found;
  if (found?.valid) return inDoubt;
  if (found) await dropInvalidIndex(query, wanted.index, found);
  return false;
}
