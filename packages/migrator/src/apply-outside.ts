import { readProgress, recordAudit } from "./audit.ts";
import { dropInvalidIndex, findIndex, parseConcurrentIndex } from "./concurrent-index.ts";
import { MigrationFailedError } from "./errors.ts";
import type { LoadedMigration } from "./load.ts";
import type { Direction } from "./plan.ts";
import type { Run } from "./run.ts";
import { compute, enumerate, scriptOf, send, type Statement } from "./send.ts";

// "Cannot run inside a transaction block", and a DO block or procedure that commits by itself.
const wantsNoTransaction = new Set(["25001", "2D000"]);

/**
 * Runs a migration outside a transaction. Each statement that can is committed together with a note of it; one that
 * cannot (CONCURRENTLY) is noted before and after. A run that was cut off goes on where it stopped, and looks at
 * the catalog for the one statement whose end nobody saw. Gives how many statements were sent.
 */
export async function applyOutside(run: Run, migration: LoadedMigration, direction: Direction): Promise<number> {
  const script = scriptOf(migration, direction);
  const statements = enumerate(script.computed ? await compute(run, migration, direction) : script.statements);
  const note = noteOf(migration, direction);
  const { executed, inDoubt } = script.computed
    ? { executed: 0, inDoubt: null }
    : await readProgress(run.connection.query, migration.name, note, run.ledger);
  for (const statement of statements.slice(executed))
    await execute(run, migration.name, note, statement, statement.number === inDoubt).catch((error: unknown) => {
      throw statement.number > 1 ? withWarning(error, statement) : error;
    });
  return statements.length - executed;
}

/** Nothing rolls back what came before, and whoever reads the error must know. */
function withWarning(error: unknown, { number }: Statement): unknown {
  if (!(error instanceof MigrationFailedError)) return error;
  const before = number === 2 ? "statement 1 stays" : `statements 1 to ${number - 1} stay`;
  const message = `${error.message} (it runs outside a transaction: ${before} done, and the next run goes on from there)`;
  return new MigrationFailedError(message, error, { cause: error });
}

/** What the notes carry, so that up and down, and an edited migration, do not take each other's for their own. */
function noteOf(migration: LoadedMigration, direction: Direction): string {
  return `${direction} ${migration.checksum}`;
}

async function execute(
  run: Run,
  migration: string,
  checksum: string,
  statement: Statement,
  inDoubt: boolean,
): Promise<void> {
  const note = async (action: "attempted" | "executed") =>
    await recordAudit(
      run.connection.query,
      { action, migration, statement: statement.number, checksum },
      run,
      run.ledger,
    );
  const noteAlone = async (action: "attempted" | "executed") =>
    await inTransaction(run, async () => await asOurselves(run, async () => await note(action)));
  const noteWith = async () => await asOurselves(run, async () => await note("executed"));
  if (!inDoubt && (await executeInTransaction(run, migration, statement, noteWith))) return;
  if (await isDone(run, statement.sql, inDoubt)) return await noteAlone("executed");
  await noteAlone("attempted");
  await send(run, migration, statement);
  await noteAlone("executed");
}

/** The migration may have taken a role that the audit is closed to; with the transaction's end it has it again. */
async function asOurselves(run: Run, work: () => Promise<void>): Promise<void> {
  await run.connection.query("set local session authorization default; set local role none");
  await work();
}

async function inTransaction(run: Run, work: () => Promise<void>): Promise<void> {
  const { query } = run.connection;
  await query("begin");
  try {
    await work();
    await query("commit");
  } catch (error) {
    await query("rollback").catch(() => {});
    throw error;
  }
}

/** False when PostgreSQL will not have this statement inside a transaction; then nothing has happened. */
async function executeInTransaction(
  run: Run,
  migration: string,
  statement: Statement,
  note: () => Promise<void>,
): Promise<boolean> {
  try {
    await inTransaction(run, async () => {
      await run.connection.query(`set local lock_timeout = ${Math.round(run.lockTimeoutMs)}`);
      await send(run, migration, statement);
      await note();
    });
    return true;
  } catch (error) {
    if (error instanceof MigrationFailedError && wantsNoTransaction.has(error.sqlState ?? "")) return false;
    throw error;
  }
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
