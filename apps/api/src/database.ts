import { MikroORM } from "@mikro-orm/postgresql";
import { readAddress } from "@thedata/migrator/postgres";
import { ormOptions } from "@thedata/models";
import pg, { type ClientBase } from "pg";

/** How many connections the requests share. */
export const poolSize = 10;

/** Which database of which server a connection reached, in one word that only it has. */
export type DatabaseIdentity = string;

/** A connection of the models leads to another database than the one whose schema was looked at. */
export class WrongDatabaseError extends Error {
  static readonly code = "WRONG_DATABASE";
  readonly code = WrongDatabaseError.code;

  constructor() {
    super("The models are connected to another database than the one whose schema was found to fit");
  }
}

/**
 * Opens the models on the database at `dsn`; the first query connects, so that the API starts without a database too.
 * A connection that does not lead where `expected` says is given up with a `WrongDatabaseError`.
 */
export function openDatabase(
  dsn: string,
  log: (message: string) => void,
  expected?: () => DatabaseIdentity | undefined,
): MikroORM {
  return new MikroORM({
    ...ormOptions,
    clientUrl: dsn,
    // The driver's own reading of the address wins: it knows `sslmode` and Unix sockets.
    driverOptions: {
      ...readAddress(dsn).config,
      application_name: "thedata-api",
      connectionTimeoutMillis: 5000,
      statement_timeout: 20_000,
      onConnect: async (client: ClientBase) => await requireSameDatabase(client, expected?.()),
    },
    pool: { min: 0, max: poolSize },
    // The API never creates its database: a mistyped name is an error.
    ensureDatabase: false,
    colors: false,
    logger: log,
  });
}

/** Asks a connection where it leads; two answers are equal when both lead to the same database. */
export async function readIdentity(client: ClientBase): Promise<DatabaseIdentity> {
  const { rows } = await client.query<{ identity: string }>(
    `select concat_ws('/', (select system_identifier from pg_control_system()), oid, datname) as identity
       from pg_database where datname = current_database()`,
  );
  return rows[0]?.identity ?? "";
}

/** Options of MikroORM, of the models or the environment may lead elsewhere: the answer of the server decides. */
async function requireSameDatabase(client: ClientBase, expected: DatabaseIdentity | undefined): Promise<void> {
  if (expected !== undefined && (await readIdentity(client)) !== expected) throw new WrongDatabaseError();
}

/** Where the address leads, and as whom, as the driver reads it; without the password. */
export function describeAddress(dsn: string): { user: string; host: string; port: number; database: string } {
  const { user = "", host, port, database = "" } = new pg.Client(readAddress(dsn).config);
  return { user, host, port, database };
}
