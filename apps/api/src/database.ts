import { MikroORM } from "@mikro-orm/postgresql";
import { readAddress } from "@thedata/migrator/postgres";
import { ormOptions } from "@thedata/models";
import { applicationName } from "./release.ts";
import pg, { type ClientBase } from "pg";

/** The number of connections that the requests share. */
export const poolSize = 10;

/** Identifies a database and its server uniquely. */
export type DatabaseIdentity = string;

/** The models are connected to another database than the one whose schema was checked. */
export class WrongDatabaseError extends Error {
  static readonly code = "WRONG_DATABASE";
  readonly code = WrongDatabaseError.code;

  constructor() {
    super("The models are connected to another database than the one whose schema was checked");
  }
}

/**
 * Opens the models on the database at `dsn`; connects at the first query, so that the API also starts without a
 * database. A connection to another database than `expected` fails with a `WrongDatabaseError`.
 */
export function openDatabase(
  dsn: string,
  log: (message: string) => void,
  expected?: () => DatabaseIdentity | undefined,
): MikroORM {
  return new MikroORM({
    ...ormOptions,
    clientUrl: dsn,
    // The migrator parses the address, not MikroORM: it supports `sslmode` and Unix sockets.
    driverOptions: {
      ...readAddress(dsn).config,
      application_name: applicationName(""),
      connectionTimeoutMillis: 5000,
      statement_timeout: 20_000,
      onConnect: async (client: ClientBase) => await requireSameDatabase(client, expected?.()),
    },
    pool: { min: 0, max: poolSize },
    // The API never creates its database: a mistyped name must be an error.
    ensureDatabase: false,
    colors: false,
    logger: log,
  });
}

/** The identity of a connection's database; equal identities mean the same database. */
export async function readIdentity(client: ClientBase): Promise<DatabaseIdentity> {
  const { rows } = await client.query<{ identity: string }>(
    `select concat_ws('/', (select system_identifier from pg_control_system()), oid, datname) as identity
       from pg_database where datname = current_database()`,
  );
  return rows[0]?.identity ?? "";
}

/** MikroORM's options, the models or the environment may change the address, so the server's answer decides. */
async function requireSameDatabase(client: ClientBase, expected: DatabaseIdentity | undefined): Promise<void> {
  if (expected !== undefined && (await readIdentity(client)) !== expected) throw new WrongDatabaseError();
}

/** The user, host, port and database of an address as the driver parses it; without the password. */
export function describeAddress(dsn: string): { user: string; host: string; port: number; database: string } {
  const { user = "", host, port, database = "" } = new pg.Client(readAddress(dsn).config);
  return { user, host, port, database };
}
