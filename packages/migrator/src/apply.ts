import { type DatabaseError, escapeLiteral } from "pg";
import type { Connection } from "./connect.ts";
import { borrowDriver, type OrmOptions } from "./driver.ts";
import { InterruptedError, MigrationFailedError, MigratorError } from "./errors.ts";
import { type LedgerTable, recordApplied, recordReverted } from "./ledger.ts";
import { type LoadedMigration, type Script, toStatements } from "./load.ts";
import type { Direction } from "./plan.ts";

/** What happened to one migration. */
export interface StepResult {
  readonly name: string;
  readonly result: "applied" | "reverted" | "failed" | "notRun" | "planned";
  /** How long it took, in milliseconds; 0 when it did not run. */
  readonly durationMs: number;
  /** How many statements it sent, or would send. */
  readonly statements: number;
}

/** What every step of a run shares. */
export interface Run {
  readonly connection: Connection;
  readonly ledger: LedgerTable;
  readonly runId: string;
  readonly toolVersion: string;
  /** The host that the run is on. */
  readonly host: string;
  /** The longest wait for a lock on a table, in milliseconds. */
  readonly lockTimeoutMs: number;
  readonly ormOptions?: OrmOptions | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Applies or reverts one migration and records it. A transactional one commits together with its ledger row or not
 * at all. Throws a `MigrationFailedError` that names the statement.
 */
export async function applyStep(run: Run, migration: LoadedMigration, direction: Direction): Promise<StepResult> {
  const started = performance.now();
  const send = new Sender(run, migration, scriptOf(migration, direction));
  const work = async () => {
    await send.all(direction);
    const durationMs = Math.round((performance.now() - started) * 1000) / 1000;
    await record(run, migration, direction, durationMs);
    return durationMs;
  };
  const around = migration.transactional ? inTransaction : outside;
  // What fails outside the statements fails the migration too: deferred constraints at the commit, or the ledger row.
  const durationMs = await around(run, migration.name, work).catch((error: unknown) => {
    throw error instanceof MigratorError ? error : send.explain(error, null, null, null);
  });
  return {
    name: migration.name,
    result: direction === "up" ? "applied" : "reverted",
    durationMs,
    statements: send.sent,
  };
}

function scriptOf(migration: LoadedMigration, direction: Direction): Script {
  return (direction === "up" ? migration.up : migration.down) ?? { statements: [], computed: false };
}

// What an earlier migration set for its session must not reach the next one.
const ownRole = "reset session authorization; reset role";
const fresh = `${ownRole}; reset all`;

async function inTransaction<Result>(
  { connection, lockTimeoutMs, toolVersion }: Run,
  name: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const title = escapeLiteral(titleOf(toolVersion, name));
  const settings = `set local lock_timeout = ${Math.round(lockTimeoutMs)}; set local application_name = ${title}`;
  await connection.query(fresh);
  await connection.query(`begin; ${settings}`);
  try {
    const result = await work();
    await connection.query("commit");
    return result;
  } catch (error) {
    await connection.query("rollback").catch(() => {});
    throw error;
  }
}

/** Without a lock time-out: it would leave CREATE INDEX CONCURRENTLY half done, an invalid index behind. */
async function outside<Result>(
  { connection, toolVersion }: Run,
  name: string,
  work: () => Promise<Result>,
): Promise<Result> {
  await connection.query(`${fresh}; set application_name = ${escapeLiteral(titleOf(toolVersion, name))}`);
  try {
    return await work();
  } finally {
    await connection.query(fresh).catch(() => {});
  }
}

/** What PostgreSQL's own views show of the session; longer names would be cut with a notice. */
function titleOf(toolVersion: string, name: string): string {
  return `migrator/${toolVersion} ${name}`.slice(0, 63);
}

async function record(run: Run, migration: LoadedMigration, direction: Direction, durationMs: number): Promise<void> {
  const { name, checksum, down } = migration;
  const { query } = run.connection;
  // The migration may have taken a role that may not write the ledger.
  await query(ownRole);
  if (direction === "down") return await recordReverted(query, name, run.ledger);
  const undo = down && !down.computed ? down.statements : null;
  const { host: appliedFrom, toolVersion, runId } = run;
  await recordApplied(query, { name, checksum, durationMs, appliedFrom, toolVersion, runId, undo }, run.ledger);
}

/** Sends a migration's statements one by one, so that a failure names the very statement. */
class Sender {
  sent = 0;
  readonly #run: Run;
  readonly #migration: LoadedMigration;
  readonly #script: Script;

  constructor(run: Run, migration: LoadedMigration, script: Script) {
    this.#run = run;
    this.#migration = migration;
    this.#script = script;
  }

  async all(direction: Direction): Promise<void> {
    this.sent = 0;
    const statements = this.#script.computed ? await this.#compute(direction) : this.#script.statements;
    for (const statement of statements) await this.#one(statement, statements.length);
  }

  async #one(statement: string, total: number): Promise<void> {
    if (this.#run.signal?.aborted) throw new InterruptedError();
    const number = ++this.sent;
    await this.#run.connection.client.query(statement).catch((error: unknown) => {
      throw this.explain(error, statement, number, total);
    });
  }

  /** Runs the migration's own code; what it left to `addSql` comes after, as MikroORM does it. */
  async #compute(direction: Direction): Promise<string[]> {
    const { connection, ormOptions } = this.#run;
    const { driver, config, context } = await borrowDriver(
      connection.client,
      this.#migration.transactional,
      ormOptions,
    );
    const migration = this.#migration.create(driver, config);
    migration.setTransactionContext(context);
    try {
      await migration[direction]();
      return await toStatements(migration);
    } catch (error) {
      throw this.explain(error, null, null, null);
    }
  }

  explain(cause: unknown, statement: string | null, number: number | null, total: number | null): Error {
    if (this.#run.signal?.aborted) return new InterruptedError();
    const error = cause as Partial<DatabaseError> & { message: string };
    const lost = this.#run.connection.isLost() ? "the connection to PostgreSQL was lost: " : "";
    const where = number === null ? "" : ` at statement ${number} of ${total}`;
    return new MigrationFailedError(
      `${this.#migration.name} failed${where}: ${lost}${error.message}`,
      {
        migration: this.#migration.name,
        statement,
        number,
        total,
        sqlState: error.code ?? null,
        position: error.position ? Number(error.position) : null,
        detail: error.detail ?? null,
        hint: error.hint ?? null,
      },
      { cause },
    );
  }
}
