import { chmod, mkdir } from "node:fs/promises";
import path from "node:path";
import { type DevPostgres, startPostgres } from "@thedata/dev-postgres";
import pg from "pg";

/** The ways to log in to the server that the benchmark starts. */
export const logins = ["trust", "scram"] as const;
export type Login = (typeof logins)[number];

/**
 * The server of the run: the one at `dsn`, or a new one below `folder` with ordinary settings. With `trust` it asks for
 * no password: a SCRAM login takes psql as long as the rest of its start, and says nothing about the peers.
 */
export async function openServer(
  dsn: string | undefined,
  folder: string,
  login: Login,
): Promise<Pick<DevPostgres, "dsn" | "stop">> {
  if (dsn !== undefined) return { dsn, stop: async () => {} };
  // PostgreSQL's account must reach its data: else it would be in another folder, which nobody removes.
  await chmod(folder, 0o755);
  const dataDir = path.join(folder, "postgres");
  await mkdir(dataDir);
  // With a data folder, since a temporary server does not wait for the disk and a commit would cost nothing. Version 15
  // by default: the goals were measured with it.
  const version = process.env["DEV_POSTGRES_VERSION"] ? {} : ({ version: 15 } as const);
  const server = await startPostgres({ dataDir, source: "embedded", ...version });
  if (login === "trust") await trustLoopback(server.dsn);
  return server;
}

/** The server writes the file itself, since it belongs to its account. */
async function trustLoopback(dsn: string): Promise<void> {
  const client = new pg.Client(dsn);
  await client.connect();
  const { rows } = await client.query<{ file: string }>("select current_setting('hba_file') as file");
  const file = pg.escapeLiteral(rows[0]?.file ?? "");
  await client.query(`copy (select 'host all all 127.0.0.1/32 trust') to ${file}`);
  await client.query("select pg_reload_conf()");
  await client.end();
}
