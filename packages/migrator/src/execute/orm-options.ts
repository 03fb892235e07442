/** The options of MikroORM that the project's models need; without them an EntityManager knows no entity. */
export type OrmOptions = Record<string, unknown>;

// The options of MikroORM that say where it connects to, and what runs on a new connection.
const elsewhere = new Set([
  "clientUrl",
  "dbName",
  "host",
  "port",
  "user",
  "password",
  "driverOptions",
  "replicas",
  "preferReadReplicas",
  "pool",
  "onCreateConnection",
  "onReserveConnection",
  "preferEnvVars",
]);

/** A project's options without the connection, which the engine sets. */
export function withoutConnection(options: OrmOptions): OrmOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !elsewhere.has(name)));
}
