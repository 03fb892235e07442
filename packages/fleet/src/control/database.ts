import { setTimeout as sleep } from "node:timers/promises";
import { ConnectionError } from "@thedata/migrator";
import { isConnectionFailure, readAddress } from "@thedata/migrator/postgres";
import { Pool, type PoolConfig } from "pg";

export type Query = <Row = Record<string, unknown>>(sql: string, values?: readonly unknown[]) => Promise<Row[]>;

/** The control database: what a fleet knows of its runs. */
export interface Control {
  readonly query: Query;
  /** Runs `work` in a transaction. */
  transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result>;
  /** The driver's configuration, for sessions of one's own. */
  readonly config: PoolConfig;
  close(): Promise<void>;
}

/** Opens a pool to the control database; connects when it is first asked. */
export function openControl(dsn: string, applicationName: string): Control {
  const { config } = readAddress(dsn);
  const own = { ...config, application_name: applicationName };
  const pool = new Pool({ ...own, max: 6, connectionTimeoutMillis: 10_000, keepAlive: true });
  // A session that is lost while nobody uses it.
  pool.on("error", () => {});
  const query: Query = async (sql, values) => {
    try {
      return (await pool.query(sql, values ? [...values] : undefined)).rows as never;
    } catch (error) {
      throw explain(error as Error, config);
    }
  };
  return { query, config: own, close: async () => await pool.end(), transaction: createTransaction(pool, config) };
}

function createTransaction(pool: Pool, config: PoolConfig): Control["transaction"] {
  return async (work) => {
    const client = await pool.connect().catch((error: unknown) => {
      throw explain(error as Error, config);
    });
    let broken = false;
    client.on("error", noop);
    try {
      await client.query("begin");
      const result = await work(
        async (sql, values) => (await client.query(sql, values ? [...values] : undefined)).rows as never,
      );
      await client.query("commit");
      return result;
    } catch (error) {
      broken = isConnectionFailure(error);
      if (!broken) await client.query("rollback").catch(() => (broken = true));
      throw explain(error as Error, config);
    } finally {
      client.off("error", noop);
      client.release(broken);
    }
  };
}

const noop = () => {};

function explain(error: Error, { host, port = 5432, database }: PoolConfig): Error {
  const { code = "" } = error as { code?: string };
  if (!isConnectionFailure(error) && !/^(28|3D000|53300)/.test(code)) return error;
  return new ConnectionError(`The control database ${host}:${port}/${database} cannot be reached: ${error.message}`, {
    cause: error,
  });
}

/** Repeats what the control database could not take because it was away; `signal` ends that. */
export async function persist<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
  for (let pause = 200; ; pause = Math.min(pause * 2, 5000)) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ConnectionError) || signal?.aborted) throw error;
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
  }
}
