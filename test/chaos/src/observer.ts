import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Server } from "./server.ts";

type Row = Record<string, unknown>;

/** Looks at the server beside the runner, as a database administrator would. */
export interface Observer {
  /** Sends one statement; repeats it while the server is restarting. */
  ask(database: string, sql: string, values?: unknown[]): Promise<Row[]>;
  /** Sends one statement once; undefined where it fails. */
  peek(database: string, sql: string, values?: unknown[]): Promise<Row[] | undefined>;
  /** Opens one more session. */
  open(database: string): Promise<pg.Client>;
  /** The names in the ledger, in order; none where there is no ledger. */
  readLedger(database: string): Promise<string[]>;
  /** The sessions of others on a database. */
  findSessions(database: string): Promise<Session[]>;
  /** Waits until no other session is connected to a database. Throws after a minute. */
  untilAlone(database: string): Promise<void>;
  /** Closes its own sessions on a database, or all. */
  release(database?: string): Promise<void>;
}

/** A session that is not the observer's. */
export interface Session {
  readonly pid: number;
  readonly query: string;
  readonly waitsForLock: boolean;
}

const name = "chaos";
const undefinedTable = "42P01";
// Errors of a server that stops or starts, and of a lost connection.
const passing = /^(57P0\d|08\w{3}|ECONN\w+|EPIPE)$|terminated|not queryable|timeout/;

/** Creates an observer of a server. */
export function createObserver(server: Server): Observer {
  const clients = new Map<string, Promise<pg.Client>>();

  const open = async (database: string) => {
    const client = new pg.Client({
      connectionString: server.dsn(database),
      application_name: name,
      connectionTimeoutMillis: 5000,
    });
    client.on("error", () => {});
    await client.connect();
    return client;
  };
  const release = async (database?: string) => {
    for (const [key, client] of clients)
      if (database === undefined || key === database) {
        clients.delete(key);
        await client.then(async (open) => await open.end()).catch(() => {});
      }
  };
  const once = async (database: string, sql: string, values: unknown[] = []) => {
    const client = clients.get(database) ?? open(database);
    clients.set(database, client);
    try {
      return (await (await client).query<Row>(sql, values)).rows;
    } catch (error) {
      if (isPassing(error)) await release(database);
      throw error;
    }
  };
  const ask = async (database: string, sql: string, values?: unknown[]) => {
    for (const deadline = Date.now() + 60_000; ; await sleep(30))
      try {
        return await once(database, sql, values);
      } catch (error) {
        if (!isPassing(error) || Date.now() > deadline) throw error;
      }
  };
  const findSessions = async (database: string) =>
    (await ask(
      "postgres",
      `select pid, query, coalesce(wait_event_type = 'Lock', false) as "waitsForLock" from pg_stat_activity
        where datname = $1 and application_name <> $2 and backend_type = 'client backend'`,
      [database, name],
    )) as unknown as Session[];
  return {
    ask,
    peek: async (...parameters) => await once(...parameters).catch(() => undefined),
    open,
    release,
    findSessions,
    async readLedger(database) {
      try {
        const rows = await ask(database, "select name from mikro_orm_migrations order by id");
        return rows.map((row) => String(row["name"]));
      } catch (error) {
        if (codeOf(error) === undefinedTable) return [];
        throw error;
      }
    },
    async untilAlone(database) {
      for (const deadline = Date.now() + 60_000; (await findSessions(database)).length > 0; await sleep(20))
        if (Date.now() > deadline) throw new Error(`somebody stays connected to ${database}`);
    },
  };
}

function isPassing(error: unknown): boolean {
  return passing.test(codeOf(error) ?? "") || (error instanceof Error && passing.test(error.message));
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
