import type { ProbeResult, Statistics, StatementTrace, TableStatistics, TracedSession } from "@thedata/safety";
import { type Context, wholeOf } from "../execute/context.ts";
import { enumerate } from "../execute/failure.ts";
import { isOutside } from "../execute/statement-kinds.ts";
import { toUnits } from "../execute/units.ts";
import { RefusedError } from "../errors.ts";
import { type History, openHistory } from "../history/history.ts";
import type { LoadedMigration } from "../history/load.ts";
import { resolveTarget } from "../plan/resolve-target.ts";
import { type Connection, connect } from "../postgres/connection.ts";
import { replay } from "../shadow/replay.ts";
import { type ShadowOptions, shadowApplication, withShadow } from "../shadow/shadow.ts";
import { createFiller } from "../verify/fill/fill.ts";
import type { GivenRows } from "../verify/fill/fill-tables.ts";
import { stateOf, toLinted } from "./lint.ts";

export interface TraceOptions {
  /** The migration; default: the last one. */
  readonly name?: string | undefined;
  readonly shadow: ShadowOptions;
  /** How many rows each table is to have; default 100. */
  readonly rows?: number | undefined;
  readonly given?: GivenRows | undefined;
  /** How large the tables are elsewhere, for the forecast. */
  readonly statistics?: Statistics | undefined;
}

/** A lock that kept somebody waiting to the end of its transaction. */
export interface HeldLock {
  readonly relation: string;
  readonly lock: string;
  /** From the statement that took it to the commit, on the shadow. */
  readonly heldMs: number;
  /** The same with the table's real size, in seconds; undefined: that is not known. */
  readonly forecastSeconds: number | undefined;
  readonly table: TableStatistics | undefined;
}

/** What a migration was seen to do on a shadow database full of rows. */
export interface MigrationTrace {
  readonly migration: string;
  readonly transactional: boolean;
  readonly rows: number;
  readonly statements: readonly StatementTrace[];
  readonly locks: readonly HeldLock[];
  /** Programs that read and wrote the tables meanwhile. */
  readonly probes: readonly ProbeResult[];
  /** What the server said to the statement that failed, and the statement; null: none did. */
  readonly error: { readonly message: string; readonly statement: string } | null;
}

/**
 * Runs a migration on a shadow database full of rows as `up` does and measures each statement, while other sessions read
 * and write its tables. Throws a `RefusedError` for a migration that computes its statements, which only `up` can run.
 */
export async function trace(context: Context, options: TraceOptions): Promise<MigrationTrace> {
  const history = await openHistory(wholeOf(context));
  const all = history.folder.files.map(({ name }) => name);
  const name = options.name === undefined ? (all.at(-1) ?? "") : resolveTarget(options.name, all);
  const migration = await history.load(name);
  if (migration.up.computed)
    throw new RefusedError(`${name} computes its statements while it runs, and only "migrator up" can run it`);
  return await withShadow(options.shadow, async (dsn) => {
    const before = all[all.indexOf(name) - 1];
    if (before !== undefined) await replay(context, history.folder, dsn, before);
    return await traceOn(context, { history, migration, dsn }, options);
  });
}

interface Subject {
  readonly history: History;
  readonly migration: LoadedMigration;
  readonly dsn: string;
}

async function traceOn(
  context: Context,
  { history, migration, dsn }: Subject,
  options: TraceOptions,
): Promise<MigrationTrace> {
  const { rows = 100, given, statistics } = options;
  const connection = await connect(dsn, shadowApplication);
  const observer = await connect(dsn, shadowApplication);
  try {
    await createFiller(observer, context.ledger, { rows, given })();
    await observer.query("analyze");
    const tables = await findTables(context, history, migration, observer);
    const { startProbes } = await import("@thedata/safety");
    const stop = await startProbes(tables, async () => await connect(dsn, shadowApplication));
    const { statements, error } = await run(migration, connection, observer);
    const probes = await stop();
    const locks = migration.transactional
      ? holdLocks(statements, rows, statistics)
      : statements.flatMap((one) => holdLocks([one], rows, statistics));
    return {
      migration: migration.name,
      transactional: migration.transactional,
      rows,
      statements,
      locks,
      probes,
      error,
    };
  } finally {
    await connection.close();
    await observer.close();
  }
}

const probed = 6;

/** The tables that the linter says are touched and that are there: probes are put on the first few of them. */
async function findTables(
  context: Context,
  history: History,
  migration: LoadedMigration,
  observer: Connection,
): Promise<string[]> {
  const { actionsOf, effectsOf, loadParser, parseStatements, runnerSettings } = await import("@thedata/safety");
  await loadParser();
  const state = await stateOf(observer.query, context);
  const [linted] = await toLinted(history, [migration.name]);
  const effects = parseStatements(linted?.statements ?? []).flatMap(({ node }) =>
    actionsOf(node).flatMap((action) => effectsOf(action, state, runnerSettings)),
  );
  const names = new Set(effects.map(({ relation }) => relation));
  return [...names].filter((name) => state.relations.get(name)?.kind === "table").slice(0, probed);
}

async function run(
  { name, transactional, up }: LoadedMigration,
  connection: Connection,
  observer: Connection,
): Promise<Pick<MigrationTrace, "statements" | "error">> {
  const { measure } = await import("@thedata/safety");
  const session = sessionOf(connection);
  const statements: StatementTrace[] = [];
  let current = "";
  const step = async (sql: string, watcher?: Connection) => {
    current = sql;
    statements.push(await measure(session, sql, watcher));
  };
  try {
    if (transactional) await inOne(session, up.statements, step);
    else
      for (const { begin, all, statements: inner } of toUnits(name, enumerate(up.statements))) {
        const alone = all.length === 1 && begin === "begin" && isOutside(all[0].sql);
        if (alone) await step(all[0].sql, observer);
        else
          await inOne(
            session,
            inner.map(({ sql }) => sql),
            step,
            begin,
          );
      }
    return { statements, error: null };
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    return { statements, error: { message: error.message, statement: current } };
  }
}

async function inOne(
  session: TracedSession,
  all: readonly string[],
  step: (sql: string) => Promise<void>,
  begin = "begin",
): Promise<void> {
  await session.query(begin);
  for (const sql of all) await step(sql);
  await session.query("commit");
}

function sessionOf({ client, pid, query }: Connection): TracedSession {
  return {
    pid,
    query: async (sql, values) => await query(sql, values),
    run: async (sql) => (await client.query(sql)).rowCount ?? 0,
    onNotice: (listener) => {
      const listen = ({ message }: { message?: string | undefined }) => listener(message ?? "");
      client.on("notice", listen);
      return () => void client.off("notice", listen);
    },
  };
}

const blocking = new Set(["SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"]);

/** The locks that keep somebody waiting, each from its statement to the end of these. */
function holdLocks(
  statements: readonly StatementTrace[],
  rows: number,
  statistics: Statistics | undefined,
): HeldLock[] {
  return statements.flatMap(({ relations }, index) =>
    relations.flatMap(({ relation, lock }) => {
      if (lock === undefined || !blocking.has(lock)) return [];
      const rest = statements.slice(index);
      const heldMs = rest.reduce((sum, one) => sum + one.durationMs, 0);
      const forecast = rest.map((one) => forecastOf(one, rows, statistics));
      const known = forecast.filter((seconds) => seconds !== undefined);
      const forecastSeconds =
        known.length === forecast.length ? known.reduce((sum, seconds) => sum + seconds, 0) : undefined;
      return [{ relation, lock, heldMs, forecastSeconds, table: statistics?.tables[relation] }];
    }),
  );
}

/** How long a statement takes with the real number of rows, in seconds, where its time grows with them. */
function forecastOf(
  { relations, durationMs, rows: changed }: StatementTrace,
  rows: number,
  statistics: Statistics | undefined,
): number | undefined {
  const worked = relations.filter(({ work }) => work !== "none");
  if (worked.length === 0 && changed === 0) return durationMs / 1000;
  const real = worked.map(({ relation }) => statistics?.tables[relation]?.rows);
  if (worked.length === 0 || real.includes(undefined)) return undefined;
  return (durationMs / 1000) * (Math.max(...real.map((one) => one ?? 0)) / rows);
}
