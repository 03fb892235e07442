/** The options of MikroORM that the project's models need; without them an EntityManager knows no entity. */
export type OrmOptions = Record<string, unknown>;

// What in MikroORM's options says where it connects to, and what is done there.
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

/** A project's options without its connection: where MikroORM speaks to is given. */
export function withoutConnection(options: OrmOptions): OrmOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !elsewhere.has(name)));
}
