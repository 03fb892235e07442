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

// A time-out would leave CREATE INDEX CONCURRENTLY half done.
const outside = { inTransaction: false };

/**
 * Runs a migration outside a transaction. What can run in a transaction is committed together with a note of it; what
 * cannot (CONCURRENTLY) is noted before and after. A run that was cut off goes on behind what is done, and looks at
 * the catalog for the one statement whose end is unknown. Gives how many statements were sent.
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

/** A step, and whether its statements are known before its code has run. */
interface Position extends Step {
  readonly computed: boolean;
}

/** The code runs once: where it is cut off, or fails behind something that it did, a person decides. */
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

/** Nothing rolls back what came before, and whoever reads the error must know. */
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
    throw number > 1 ? withWarning(error, `${before} done, and the next run goes on from there`) : error;
  }
}

function interrupted(number: number): InterruptedError {
  const before = number > 1 ? `, and what it has done before statement ${number} stays` : "";
  return new InterruptedError(
    `Interrupted: the statement under way was cancelled; its migration runs outside a transaction${before}: "migrator status" says where it stands`,
  );
}

type NoteState = "attempted" | "failed" | "done";

/** The migration may have taken a role that the ledger is closed to; with the transaction's end it has it again. */
async function note(run: Run, position: Position, statements: readonly Statement[], state: NoteState): Promise<void> {
  const { query } = run.connection;
  await query("set local session authorization default; set local role none");
  const { migration, direction, computed } = position;
  const known = computed ? unknownStatements : { statements, total: statements[0]?.total ?? null, state };
  await noteProgress(query, { migration: migration.name, direction, ...known }, run, run.ledger);
}

// Behind code that computes, no statement is known to the next run.
const unknownStatements = { statements: [{ number: 0, sql: "" }], total: null, state: "attempted" } as const;

async function noteAlone(run: Run, position: Position, statement: Statement, state: NoteState): Promise<void> {
  await inTransaction(run.connection, async () => await note(run, position, [statement], state));
}

/** False when PostgreSQL will not have this inside a transaction; then nothing has happened. */
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
    // In a transaction that the migration wrote itself the statement cannot stand, and is not taken out of it.
    const isOurs = statements.length === 1 && statements[0] === all[0];
    if (isOurs && wantsNoTransaction.has((result.error as { sqlState?: string }).sqlState ?? "")) return false;
    throw result.error;
  });
}

/** Sends a statement that must stand alone, between a note that it was attempted and one that it is done. */
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

/** Whether the server itself said that the statement failed. A block that commits may have done a part all the same. */
function isAnswer(error: unknown): boolean {
  const { cause, code } = error as { cause?: { code?: string }; code?: string };
  return hasSqlState(cause ?? {}) || code === "interrupted";
}

/** What commits in between leaves traces when it fails: the step stays half done until they are gone. */
async function settleFailure(run: Run, position: Position, statement: Statement): Promise<void> {
  if (run.connection.isLost()) return;
  if (await leavesTraces(run, statement.sql)) await noteAlone(run, position, statement, "failed");
  else await withdrawAttempt(run.connection.query, position.migration.name, run.ledger);
}

/** An index that is not valid; of other statements that go CONCURRENTLY nobody can tell. */
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
 * Clears the way for a statement about an index: drops an invalid index of that name. True when an earlier run
 * brought the statement to its end without being able to say so.
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
