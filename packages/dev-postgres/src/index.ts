export { startPostgres } from "./start-postgres.ts";
export type { DevPostgres, PostgresSource, PostgresVersion, StartOptions } from "./server.ts";
export { installedVersion } from "./installed.ts";
export { createDatabase, dropDatabase, withDatabaseName } from "./databases.ts";
export { spawnTethered, type Tethered, type TetherOptions } from "./tether.ts";
