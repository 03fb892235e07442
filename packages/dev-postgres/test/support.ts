import { readFile } from "node:fs/promises";
import pg from "pg";
import { onTestFinished } from "vitest";
import { type DevPostgres, type StartOptions, startPostgres } from "../src/index.ts";

export { temporaryFolder, until } from "../src/testing.ts";

/** Starts the embedded server; it is stopped after the test. */
export async function startEmbedded(options: StartOptions = {}): Promise<DevPostgres> {
  const server = await startPostgres({ ...options, source: "embedded" });
  onTestFinished(server.stop);
  return server;
}

/** Sends one statement in a new session and gives its rows. */
export async function query<Row = Record<string, unknown>>(dsn: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: dsn, connectionTimeoutMillis: 2000 });
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows as Row[];
  } finally {
    await client.end().catch(() => {});
  }
}

/** The process id of the server at `dsn`. */
export async function serverProcess(dsn: string): Promise<number> {
  const [row] = await query<{ file: string }>(dsn, "select pg_read_file('postmaster.pid') as file");
  return Number.parseInt(row?.file ?? "", 10);
}

/** Whether a process runs; a zombie does not. */
export async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat !== "" && !/^\d+ \(.*\) Z/.test(stat);
}

/** Sets environment variables for this test; undefined removes one. */
export function setEnvironment(variables: Readonly<Record<string, string | undefined>>): void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  const apply = (entries: readonly (readonly [string, string | undefined])[]) => {
    for (const [name, value] of entries)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  };
  apply(Object.entries(variables));
  onTestFinished(() => apply(before));
}
