import { MikroORM } from "@mikro-orm/postgresql";
import { ormOptions } from "@thedata/models";

/** Opens the models on the database at `dsn`; the first query connects, so that the API starts without a database too. */
export function openDatabase(dsn: string, log: (message: string) => void): MikroORM {
  return new MikroORM({
    ...ormOptions,
    clientUrl: dsn,
    // The driver's own reading of the address wins: it knows `sslmode` and Unix sockets.
    driverOptions: {
      connectionString: dsn,
      application_name: "thedata-api",
      connectionTimeoutMillis: 5000,
      statement_timeout: 20_000,
    },
    pool: { min: 0, max: 10 },
    // The API never creates its database: a mistyped name is an error.
    ensureDatabase: false,
    colors: false,
    logger: log,
  });
}
