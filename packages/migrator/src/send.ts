import type { DatabaseError } from "pg";
import { type Blocker, watchBlockers } from "./blockers.ts";
import { borrowDriver } from "./driver.ts";
import { InterruptedError, MigrationFailedError } from "./errors.ts";
import { type LoadedMigration, type Script, toStatements } from "./load.ts";
import type { Direction } from "./plan.ts";
import type { Run } from "./run.ts";

/** A statement of a migration, and where it stands in it. */
export interface Statement {
  readonly sql: string;
  /** From 1. */
  readonly number: number;
  readonly total: number;
}

/** The migration's script in one direction, as numbered statements. */
export function enumerate(statements: readonly string[]): Statement[] {
  return statements.map((sql, index) => ({ sql, number: index + 1, total: statements.length }));
}

/** Sends one statement. Throws a `MigrationFailedError` that names it, or an `InterruptedError`. */
export async function send(run: Run, migration: string, statement: Statement): Promise<void> {
  if (run.signal?.aborted) throw new InterruptedError();
  const { connection, lockTimeoutMs } = run;
  const onBlocked = (blockers: readonly Blocker[]) => run.onBlocked?.(migration, blockers);
  // Before the lock time-out ends the wait, while it can still be seen who is waited for.
  await watchBlockers(
    connection,
    { patienceMs: lockTimeoutMs * 0.6 },
    onBlocked,
    async () => await connection.client.query(statement.sql),
  ).catch((error: unknown) => {
    throw explain(run, migration, error, statement);
  });
}

/** Runs the code of a computed migration; gives the statements that it left to `addSql`, which come after, as with MikroORM. */
export async function compute(run: Run, migration: LoadedMigration, direction: Direction): Promise<string[]> {
  const { connection } = run;
  const { driver, config, context } = await borrowDriver(
    connection.client,
    migration.transactional,
    await run.loadOrmOptions(),
  );
  const instance = migration.create(driver, config);
  instance.setTransactionContext(context);
  try {
    await instance[direction]();
    return await toStatements(instance);
  } catch (error) {
    throw explain(run, migration.name, error);
  }
}

/** The script of a direction; nothing where there is none. */
export function scriptOf(migration: LoadedMigration, direction: Direction): Script {
  return (direction === "up" ? migration.up : migration.down) ?? { statements: [], computed: false };
}

/** The detail of these is the whole row, password hashes and all: NOT NULL and CHECK violations. */
function showsRow(sqlState: string | undefined): boolean {
  return sqlState === "23502" || sqlState === "23514";
}

/** What PostgreSQL, or the migration's own code, said no to, as an error that names it. */
export function explain(run: Run, migration: string, cause: unknown, statement?: Statement): Error {
  if (run.signal?.aborted) return new InterruptedError();
  const error = (cause instanceof Error ? cause : new Error(String(cause))) as Partial<DatabaseError> & Error;
  const lost = run.connection.isLost() ? "the connection to PostgreSQL was lost: " : "";
  const where = statement ? ` at statement ${statement.number} of ${statement.total}` : "";
  const failed = {
    migration,
    statement: statement?.sql ?? null,
    number: statement?.number ?? null,
    total: statement?.total ?? null,
    sqlState: error.code ?? null,
    position: error.position ? Number(error.position) : null,
    detail: showsRow(error.code) ? null : (error.detail ?? null),
    hint: error.hint ?? null,
  };
  return new MigrationFailedError(`${migration} failed${where}: ${lost}${error.message}`, failed, { cause });
}
