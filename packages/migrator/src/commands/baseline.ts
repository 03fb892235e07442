import { recordAudit } from "../ledger/audit.ts";
import { type Catalog, findDrift, readCatalog } from "@thedata/catalog";
import { type Connection, connect } from "../postgres/connection.ts";
import type { Context } from "../execute/context.ts";
import { waitForDisk } from "../ledger/durability.ts";
import { ConfigurationError, MigratorError, RefusedError } from "../errors.ts";
import { halfDone } from "../plan/half-done.ts";
import { type History, openHistory } from "../history/history.ts";
import { readLedger, recordApplied } from "../ledger/ledger.ts";
import type { Report } from "../report.ts";
import { planUp } from "../plan/plan.ts";
import { inTransaction } from "../postgres/transaction.ts";
import { ensureLedger } from "../ledger/prepare-ledger.ts";
import { readProgress } from "../ledger/progress.ts";
import { replay } from "../shadow/replay.ts";
import { resolveTarget } from "../plan/resolve-target.ts";
import { type ShadowOptions, withShadow } from "../shadow/shadow.ts";
import { underLock, withConnection } from "../execute/under-lock.ts";
import { scopeOf } from "../ledger/tables.ts";

export interface BaselineOptions {
  /** The migration that the database is at; or where to read it. */
  readonly at?: string | undefined;
  /** Reads `alembic_version`, and maps its revision to a migration. */
  readonly from?: "alembic" | undefined;
  /** Alembic's revisions, each with the migration that leaves the same schema behind. */
  readonly revisions?: Readonly<Record<string, string>> | undefined;
  /** Goes on although the schema is not what the migrations make. */
  readonly acceptDifferences?: boolean | undefined;
  readonly shadow: ShadowOptions;
}

/** A report with what the database has and the migrations do not make, and the other way round, in words. */
export interface BaselineReport extends Omit<Report, "outcome"> {
  readonly outcome: "baselined" | "nothing" | "refused";
  readonly differences: readonly string[];
}

/**
 * Adopts an existing database: records every migration up to `at` as applied and runs none. Only when its schema is
 * what these migrations make on a shadow database, unless the differences are accepted. Throws when it cannot start.
 */
export async function baseline(context: Context, options: BaselineOptions): Promise<BaselineReport> {
  const history = await openHistory(context.migrations);
  const names = history.folder.files.map(({ name }) => name);
  return await withConnection(context, async (connection) => {
    const at = resolveTarget(await findPosition(connection, options), names);
    return await underLock(context, connection, async () => await adopt(context, history, connection, at, options));
  });
}

async function findPosition({ query }: Connection, { at, from, revisions = {} }: BaselineOptions): Promise<string> {
  if (at !== undefined) return at;
  if (from !== "alembic") throw new ConfigurationError(`"baseline" takes --at M, or --from alembic`);
  const rows = await query<{ version_num: string }>("select version_num from alembic_version").catch(
    (error: { code?: string }) => {
      if (error.code === "42P01")
        throw new ConfigurationError(
          "The database has no table alembic_version: was it Alembic that migrated it? Otherwise use --at M",
        );
      throw error;
    },
  );
  const [revision] = rows.map(({ version_num }) => version_num);
  if (revision === undefined || rows.length > 1)
    throw new ConfigurationError(
      `alembic_version holds ${rows.length} revisions: bring the database to one head with Alembic first`,
    );
  const mapped = revisions[revision];
  if (mapped === undefined)
    throw new ConfigurationError(
      `Alembic's revision ${revision} stands for no migration: map it in the configuration under "alembic"`,
    );
  return mapped;
}

async function adopt(
  context: Context,
  history: History,
  connection: Connection,
  at: string,
  options: BaselineOptions,
): Promise<BaselineReport> {
  const { query } = connection;
  const applied = await readLedger(query, context.ledger);
  const progress = await readProgress(query, context.ledger);
  if (progress) throw new RefusedError(halfDone(progress).message);
  const { steps } = planUp(history.known(), applied, { to: at });
  if (steps.length === 0) return { outcome: "nothing", steps: [], problems: [], error: null, differences: [] };
  const expected = await makeExpected(context, history, at, options.shadow);
  const drift = findDrift(expected, await readCatalog(query, scopeOf(context.ledger)));
  const described = drift.map(({ message }) => message);
  const result = (name: string) => ({ name, durationMs: 0, statements: 0 });
  if (described.length > 0 && !options.acceptDifferences) {
    const error = new MigratorError(
      "refused",
      `The schema is not what the migrations up to ${at} make: ${described.length} differences. Mend them, choose another --at, or go on with --accept-differences`,
    );
    return {
      outcome: "refused",
      steps: steps.map((name) => ({ ...result(name), result: "notRun" })),
      problems: [],
      error,
      differences: described,
    };
  }
  await record(context, history, connection, steps);
  return {
    outcome: "baselined",
    steps: steps.map((name) => ({ ...result(name), result: "applied" })),
    problems: [],
    error: null,
    differences: described,
  };
}

async function makeExpected(context: Context, history: History, at: string, shadow: ShadowOptions): Promise<Catalog> {
  return await withShadow(shadow, async (dsn) => {
    await replay(context, history.folder, dsn, at);
    const connection = await connect(dsn, "migrator shadow");
    try {
      return await readCatalog(connection.query, scopeOf(context.ledger));
    } finally {
      await connection.close();
    }
  });
}

async function record(
  context: Context,
  history: History,
  connection: Connection,
  names: readonly string[],
): Promise<void> {
  await ensureLedger(connection, context.ledger);
  const { query } = connection;
  const { host: appliedFrom, toolVersion, runId, ledger } = context;
  await inTransaction(connection, async () => {
    await query(waitForDisk);
    for (const name of names) {
      const { checksum, down } = await history.load(name);
      const undo = down && !down.computed ? down.statements : null;
      await recordApplied(query, { name, checksum, durationMs: null, appliedFrom, toolVersion, runId, undo }, ledger);
      await recordAudit(query, { action: "baselined", migration: name, checksum }, context, ledger);
    }
  });
}
