import { type Catalog, readCatalog } from "@thedata/catalog";
import { escapeIdentifier } from "pg";
import { ConfigurationError, RefusedError } from "../errors.ts";
import { type Context, createContext } from "../execute/context.ts";
import { requireSchema } from "../execute/schema-there.ts";
import { openFolder } from "../history/history.ts";
import type { FolderPart } from "../history/part.ts";
import { scopeOf } from "../ledger/catalog-scope.ts";
import { readLedger } from "../ledger/ledger.ts";
import { qualified } from "../ledger/tables.ts";
import { resolveTarget } from "../plan/resolve-target.ts";
import { type Connection, connect, type Query } from "../postgres/connection.ts";
import { makeLedgerSchema } from "../shadow/ledger-schema.ts";
import { throwFailure } from "../shadow/replay.ts";
import { shadowApplication, type ShadowOptions, withShadow } from "../shadow/shadow.ts";
import { up } from "./up-and-down.ts";

/** Another tool's table says where a database is, and a bridge leads to all of a history: neither is of one part. */
export function refuseForPart({
  at,
  bridge,
}: {
  readonly at?: string | undefined;
  readonly bridge?: string | undefined;
}): void {
  if (at === undefined)
    throw new ConfigurationError(
      "Name the migration that the schema is at, by --at M: it is not read from another tool",
    );
  if (bridge === undefined) return;
  const way = "change the schema by hand, or accept its differences with --accept-differences";
  throw new ConfigurationError(`A bridge is for a whole database: ${way}`);
}

/** Throws like `resolveTarget`, and a `ConfigurationError` for a migration of the other part. */
export async function resolveInPart({ of, part }: FolderPart, at: string, names: readonly string[]): Promise<string> {
  const all = (await openFolder(of)).files.map(({ name }) => name);
  const found = resolveTarget(at, names.some((name) => name.includes(at)) ? names : all);
  if (names.includes(found)) return found;
  throw new ConfigurationError(
    part === "schema"
      ? `${found} is marked @shared: record it with --shared, and name one of the tenant's own for its schema`
      : `${found} is not marked @shared: record it in each tenant's schema, with --schema S`,
  );
}

interface PartRequest {
  readonly context: Context;
  readonly part: FolderPart;
  readonly connection: Connection;
  readonly at: string;
}

/** What a part of a history is to make, and what is there. */
interface Ends {
  readonly expected: Catalog;
  readonly live: Catalog;
}

/** Runs the part on a shadow, and reads there and in the database what it is about. Throws a `MigratorError`. */
export async function readPart(request: PartRequest, shadow: ShadowOptions): Promise<Ends> {
  const { context, connection } = request;
  const replay = context.schema === undefined ? replayShared(request) : await replayTenant(request, context.schema);
  return await withShadow(shadow, async (dsn) => {
    const session = await connect(dsn, shadowApplication);
    try {
      const schemas = await replay(dsn, session.query);
      const read = async (query: Query) => await readSchemas(query, context, schemas);
      return { expected: await read(session.query), live: await read(connection.query) };
    } finally {
      await session.close();
    }
  });
}

/** Runs a part on the shadow at `dsn`, and gives the schemas that it is about. */
type Replay = (dsn: string, query: Query) => Promise<readonly string[]>;

/** What is shared may make schemas and extensions, too. */
function replayShared({ context, part, at }: PartRequest): Replay {
  return async (dsn, query) => {
    const { ledger } = context;
    await makeLedgerSchema(query, ledger);
    throwFailure(await up(onShadow(context, part, dsn, true), { to: at }));
    const schemas = await query<{ name: string }>(
      "select nspname::text as name from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'",
    );
    return schemas.map(({ name }) => name).filter((name) => name === "public" || name !== ledger.schema);
  };
}

/** A tenant's part comes after what is shared, as far as that is in the database, and in a schema of the same name. */
async function replayTenant({ context, part, connection, at }: PartRequest, schema: string): Promise<Replay> {
  await requireSchema(connection, schema);
  const shared = await findSharedHead(context, part, connection);
  return async (dsn, query) => {
    await query(`create schema ${escapeIdentifier(schema)}`);
    if (shared) {
      await makeLedgerSchema(query, shared.context.ledger);
      throwFailure(await up(onShadow(shared.context, part, dsn, true), { to: shared.head }));
    }
    throwFailure(await up(onShadow(context, part, dsn, false), { to: at, withoutShared: true }));
    return [schema];
  };
}

/** How far the shared part is recorded; undefined where there is none. Throws a `RefusedError` where nothing is. */
async function findSharedHead(
  { sharedFirst }: Context,
  { of }: FolderPart,
  { query }: Connection,
): Promise<{ readonly context: Context; readonly head: string } | undefined> {
  const { files } = await openFolder({ of, part: "shared" });
  if (!sharedFirst || files.length === 0) return undefined;
  const context = sharedFirst();
  const applied = new Set((await readLedger(query, context.ledger)).map(({ name }) => name));
  const head = files.findLast(({ name }) => applied.has(name))?.name;
  if (head !== undefined) return { context, head };
  throw new RefusedError(
    `What all tenants share is not recorded in ${qualified(context.ledger)}: record it first, with "migrator baseline --shared --at M", or apply it with "migrator up --shared". Nothing was changed`,
  );
}

function onShadow(context: Context, { of }: FolderPart, dsn: string, shared: boolean): Context {
  const { ledger, schema, loadOrmOptions: ormOptions, signal } = context;
  const place = shared ? { shared, ledger: `${ledger.schema}.${ledger.table}` } : { schema, ledger: ledger.table };
  return createContext({ dsn, migrations: of, ...place, ormOptions, signal, lockWaitMs: 0, backfills: "whole" });
}

/** A tenant's schema itself is left out: its owner and rights depend on who created it. */
async function readSchemas(query: Query, { ledger, schema }: Context, schemas: readonly string[]): Promise<Catalog> {
  const catalog = await readCatalog(query, scopeOf(ledger, schemas));
  if (schema === undefined) return catalog;
  return catalog.filter(({ kind, name }) => kind !== "schema" && !(kind === "comment" && name.startsWith("schema ")));
}
