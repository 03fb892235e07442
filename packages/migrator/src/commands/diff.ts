import { makeLedgerSchema } from "../shadow/ledger-schema.ts";
import type { OrmOptions } from "../execute/orm-options.ts";
import { applyStep } from "../execute/step.ts";
import { type Catalog, type Drift, findDrift, readCatalog, readCatalogInTransaction } from "@thedata/catalog";
import { checkHistory, isAhead } from "../plan/integrity.ts";
import { findKept } from "./find-kept.ts";
import { compareModels } from "../models/compare-models.ts";
import { type Connection, connect, type Query } from "../postgres/connection.ts";
import { type Context, wholeOf } from "../execute/context.ts";
import { AheadError, MigratorError, type Problem } from "../errors.ts";
import { type History, openHistory } from "../history/history.ts";
import { type AppliedMigration, readLedger } from "../ledger/ledger.ts";
import { tryOut } from "../postgres/transaction.ts";
import { ensureLedger } from "../ledger/prepare-ledger.ts";
import { type ShadowOptions, withShadow } from "../shadow/shadow.ts";
import { sendAll } from "../models/shadow-schema.ts";
import { withConnection } from "../execute/session.ts";
import { scopeOf } from "../ledger/catalog-scope.ts";
import type { LedgerTable } from "../ledger/tables.ts";

/** How models, migrations and live database differ. */
export interface SchemaDiff {
  readonly outcome: "same" | "drift";
  /** What the models want and the migrations lack; null: there are no models. */
  readonly models: readonly Drift[] | null;
  /** Null: no database was named. */
  readonly live: LiveDiff | null;
}

/** How the live database differs from what its applied migrations make. */
export interface LiveDiff {
  /** `user@host:port/database`, without the password. */
  readonly address: string;
  /** The last migration that it has applied; null: none. */
  readonly at: string | null;
  /** Migrations that it has not applied; these are no drift. */
  readonly pending: readonly string[];
  readonly differences: readonly Drift[];
  /** Where its ledger and the migrations contradict each other. */
  readonly problems: readonly Problem[];
}

/**
 * Compares models, migrations and live database, on a shadow database; the live one is only read. Throws an
 * `AheadError` when it has migrations that are newer than these.
 */
export async function diff(context: Context, shadow: ShadowOptions): Promise<SchemaDiff> {
  const history = await openHistory(wholeOf(context));
  for (const { name } of history.folder.files) await history.load(name);
  const live = context.dsn === "" ? null : await readLive(context, history);
  const models = await context.loadOrmOptions();
  return await withShadow(shadow, async (dsn) => {
    const connection = await connect(dsn, "migrator shadow");
    try {
      return await compareAll(context, history, connection, dsn, live, models);
    } finally {
      await connection.close();
    }
  });
}

interface Live {
  readonly address: string;
  readonly applied: readonly AppliedMigration[];
  readonly catalog: Catalog;
}

async function readLive(context: Context, history: History): Promise<Live> {
  return await withConnection(context, async ({ query, address }) => {
    await query("set default_transaction_read_only = on");
    const { applied, catalog } = await readTogether(query, context.ledger);
    if (isAhead(history.known(), applied)) {
      const known = new Set(history.folder.files.map(({ name }) => name));
      throw new AheadError(applied.map(({ name }) => name).filter((name) => !known.has(name)));
    }
    return { address, applied, catalog };
  });
}

/**
 * Reads a schema and the ledger that belongs to it, while a runner may be at work: reads again until nothing was
 * applied between.
 */
async function readTogether(query: Query, ledger: LedgerTable): Promise<Pick<Live, "applied" | "catalog">> {
  for (let applied = await readLedger(query, ledger); ;) {
    const catalog = await readCatalog(query, scopeOf(ledger));
    const after = await readLedger(query, ledger);
    if (namesOf(after) === namesOf(applied)) return { applied, catalog };
    applied = after;
  }
}

function namesOf(applied: readonly AppliedMigration[]): string {
  return JSON.stringify(applied.map(({ name, appliedAt }) => [name, appliedAt]));
}

async function compareAll(
  context: Context,
  history: History,
  connection: Connection,
  dsn: string,
  live: Live | null,
  models: OrmOptions | undefined,
): Promise<SchemaDiff> {
  await makeLedgerSchema(connection.query, context.ledger);
  await ensureLedger(connection, context.ledger);
  const names = history.folder.files.map(({ name }) => name);
  const applied = (live?.applied ?? []).map(({ name }) => name).filter((name) => names.includes(name));
  await applyAll(context, history, connection, applied);
  const liveDiff = live && (await compareLive(context, history, connection, live));
  if (models)
    await applyAll(
      context,
      history,
      connection,
      names.filter((name) => !applied.includes(name)),
    );
  const lacking = models ? await findLacking(context, connection, dsn, models) : null;
  const same = (lacking ?? []).length + (liveDiff?.differences ?? []).length + (liveDiff?.problems ?? []).length === 0;
  return { outcome: same ? "same" : "drift", models: lacking, live: liveDiff };
}

/** Applies in the given order: the live database's need not be that of the history. */
async function applyAll(
  context: Context,
  history: History,
  connection: Connection,
  names: readonly string[],
): Promise<void> {
  for (const name of names)
    await applyStep({ ...context, connection }, { migration: await history.load(name), direction: "up" });
}

async function compareLive(
  context: Context,
  history: History,
  { query }: Connection,
  { address, applied, catalog }: Live,
): Promise<LiveDiff> {
  const has = new Set(applied.map(({ name }) => name));
  return {
    address,
    at: applied.at(-1)?.name ?? null,
    pending: history.folder.files.map(({ name }) => name).filter((name) => !has.has(name)),
    differences: findDrift(await readCatalog(query, scopeOf(context.ledger)), catalog, "in the live database"),
    problems: checkHistory(history.known(), applied, history.folder.manifest),
  };
}

/**
 * Lets MikroORM bring the schema to the models, reads the catalog and rolls back, so that two catalogs are compared.
 */
async function findLacking(context: Context, { query }: Connection, dsn: string, models: OrmOptions): Promise<Drift[]> {
  const { ledger } = context;
  const { up } = await compareModels(models, dsn, ledger, await findKept(context));
  if (up.length === 0) return [];
  return await tryOut({ query }, async () => {
    const migrations = await readCatalogInTransaction(query, scopeOf(ledger));
    const refused: Drift[] = [];
    for (const statement of up) refused.push(...(await tryStatement(query, statement)));
    return [
      ...refused,
      ...findDrift(await readCatalogInTransaction(query, scopeOf(ledger)), migrations, "in the migrations"),
    ];
  });
}

/** Sends a statement; one that PostgreSQL refuses is a difference that no statement removes. */
async function tryStatement(query: Query, statement: string): Promise<Drift[]> {
  try {
    await sendAll(query, [statement]);
    return [];
  } catch (error) {
    if (!(error instanceof MigratorError)) throw error;
    const name = /^alter table (\S+)/.exec(statement)?.[1] ?? "the models";
    return [{ kind: "table", name, message: error.message, statements: [`-- ${statement.replaceAll("\n", " ")}`] }];
  }
}
