import { makeLedgerSchema } from "../shadow/ledger-schema.ts";
import type { Direction } from "../report.ts";
import { tryBatch } from "../execute/backfill/at-step.ts";
import { applyStep } from "../execute/step.ts";
import { type Catalog, readCatalog } from "@thedata/catalog";
import { shorten } from "@thedata/catalog/sql";
import { type Connection, connect } from "../postgres/connection.ts";
import type { Context } from "../execute/context.ts";
import { InterruptedError, MigrationFailedError } from "../errors.ts";
import type { LoadedMigration } from "../history/load.ts";
import { ensureLedger } from "../ledger/prepare-ledger.ts";
import { withConnection } from "../execute/session.ts";
import { type Contents, readContents } from "./contents.ts";
import { createFiller, type Filling, type FillOptions } from "./fill/fill.ts";
import { scopeOf } from "../ledger/catalog-scope.ts";

/** A database at one time: its schema and its rows. */
export interface Snapshot {
  readonly catalog: Catalog;
  readonly contents: Contents;
  /** The names of invalid indexes. */
  readonly invalid: readonly string[];
}

/** A shadow database on which migrations are run. */
export interface Stage {
  /** Applies or reverts one migration as the runner does; returns the failure, or null. */
  play(migration: LoadedMigration, direction: Direction): Promise<MigrationFailedError | null>;
  fill(): Promise<Filling>;
  look(): Promise<Snapshot>;
  lookAtRows(): Promise<Contents>;
  /** Yesterday, as PostgreSQL writes it. */
  readonly since: string;
}

/** Opens a database with the ledger for `work`: one session runs migrations, another one fills and reads. */
export async function withStage<Result>(
  context: Context,
  dsn: string,
  options: FillOptions,
  work: (stage: Stage) => Promise<Result>,
): Promise<Result> {
  return await withConnection({ ...context, dsn }, async (connection) => {
    await makeLedgerSchema(connection.query, context.ledger);
    await ensureLedger(connection, context.ledger);
    const observer = await connect(dsn, "migrator verify");
    try {
      return await work(await createStage({ ...context, dsn }, connection, observer, options));
    } finally {
      await observer.close();
    }
  });
}

async function createStage(
  context: Context,
  connection: Connection,
  observer: Connection,
  options: FillOptions,
): Promise<Stage> {
  // Makes the text of a value independent of the server's settings.
  await observer.query(
    "set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres'; set jit = off",
  );
  const [row] = await observer.query<{ since: string }>("select (now() - interval '1 day')::text as since");
  const { ledger, signal } = context;
  const fill = createFiller(observer, ledger, options);
  return {
    since: row?.since ?? "",
    play: async (migration, direction) => await play({ ...context, connection }, migration, direction),
    fill: async () => {
      if (signal?.aborted) throw new InterruptedError();
      return await fill();
    },
    lookAtRows: async () => await readContents(observer, ledger),
    look: async () => ({
      catalog: await readCatalog(observer.query, scopeOf(ledger)),
      contents: await readContents(observer, ledger),
      invalid: await findInvalid(observer),
    }),
  };
}

async function play(
  run: Parameters<typeof applyStep>[0],
  migration: LoadedMigration,
  direction: Direction,
): Promise<MigrationFailedError | null> {
  try {
    // What runs in batches elsewhere is one statement here.
    if (direction === "up") await tryBatch(run, migration);
    await applyStep(run, { migration, direction });
    return null;
  } catch (error) {
    if (error instanceof MigrationFailedError) return error;
    throw error;
  }
}

async function findInvalid({ query }: Connection): Promise<string[]> {
  const rows = await query<{ name: string }>(
    "select indexrelid::regclass::text as name from pg_index where not indisvalid order by 1",
  );
  return rows.map(({ name }) => shorten(name));
}
