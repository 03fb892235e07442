import { mkdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type DevPostgres, startPostgres, withDatabaseName } from "@thedata/dev-postgres";
import pg from "pg";

/** A PostgreSQL server of the campaign, which can be crashed. */
export interface Server {
  /** The address of one of its databases; may change with a restart. */
  dsn(database: string): string;
  /** Stops it as a power cut does, except that the operating system's cache survives, and starts it again. */
  crash(): Promise<void>;
  /**
   * Kills one of its processes: the server ends the others, loses what was in memory, and restarts by itself. False
   * when the process does not exist any more.
   */
  killProcess(pid: number): boolean;
  stop(): Promise<void>;
}

// With a WAL writer this slow, a crash loses asynchronous commits.
const settings = { wal_writer_delay: "10s", wal_writer_flush_after: "1GB", fsync: "off", autovacuum: "off" };

/** Starts a server with its data below `folder`. */
export async function startServer(folder: string): Promise<Server> {
  const dataDir = path.join(folder, "postgres");
  await mkdir(dataDir, { mode: 0o755 });
  const start = async () => await startPostgres({ dataDir, source: "embedded" });
  let current: DevPostgres = await start();
  await configure(current.dsn);
  return {
    dsn: (database) => withDatabaseName(current.dsn, database),
    async crash() {
      const postmaster = await findPostmaster(current.dsn);
      process.kill(postmaster, "SIGQUIT");
      await untilGone(postmaster);
      current = await start();
    },
    killProcess(pid) {
      try {
        return process.kill(pid, "SIGKILL");
      } catch {
        return false;
      }
    },
    stop: async () => await current.stop(),
  };
}

async function configure(dsn: string): Promise<void> {
  const commands = Object.entries(settings).map(([name, value]) => `alter system set ${name} = '${value}'`);
  await ask(dsn, ...commands, "select pg_reload_conf()");
}

async function findPostmaster(dsn: string): Promise<number> {
  const rows = await ask(dsn, "select pg_read_file('postmaster.pid') as text");
  return Number.parseInt(String(rows[0]?.["text"]), 10);
}

/** Sends statements, repeated while the server is restarting, and gives the rows of the last one. */
async function ask(dsn: string, ...statements: string[]): Promise<Record<string, unknown>[]> {
  for (const deadline = Date.now() + 30_000; ;) {
    const client = new pg.Client({ connectionString: dsn, application_name: "chaos" });
    client.on("error", () => {});
    try {
      await client.connect();
      let rows: Record<string, unknown>[] = [];
      for (const statement of statements) ({ rows } = await client.query<Record<string, unknown>>(statement));
      return rows;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(50);
    } finally {
      await client.end().catch(() => {});
    }
  }
}

async function untilGone(pid: number): Promise<void> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(10))
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
  throw new Error(`the server's process ${pid} does not end`);
}
