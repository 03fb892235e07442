import { setTimeout as sleep } from "node:timers/promises";
import { migrations } from "@thedata/migrations";
import { type Query, readLedger, type Status, summarize } from "@thedata/migrator";
import { Pool } from "pg";

/** Whether the schema is the one that this build expects; `reason` says why not, in full sentences. */
export interface ReadinessReport {
  readonly ready: boolean;
  readonly reason: string | null;
  readonly state: Status["state"] | "unreachable";
  /** Names of the migrations that this build has and the database has not. */
  readonly pending: readonly string[];
}

/** Watches the schema. */
export interface Readiness {
  /** The report, at most half a second old; always answers within two seconds and never throws. */
  check(): Promise<ReadinessReport>;
  close(): Promise<void>;
}

const maximumAgeMs = 500;
const timeoutMs = 1800;

/** Watches the schema at `dsn` through a connection of its own: a busy pool does not make the API look unready. */
export function watchReadiness(dsn: string, onError: (error: unknown) => void): Readiness {
  const pool = new Pool({
    connectionString: dsn,
    application_name: "thedata-api readiness",
    max: 1,
    connectionTimeoutMillis: 1000,
    query_timeout: 1000,
    statement_timeout: 1000,
  });
  // A connection that breaks while idle is replaced by the next check, which tells.
  pool.on("error", onError);
  const query: Query = async (sql, parameters) => (await pool.query(sql, parameters && [...parameters])).rows as never;
  return { check: shared(() => read(query, onError)), close: async () => await pool.end() };
}

/** However many ask at once, one reads; the next to ask after `maximumAgeMs` reads again. */
function shared(readReport: () => Promise<ReadinessReport>): () => Promise<ReadinessReport> {
  let current: Promise<ReadinessReport> | undefined;
  return async () => {
    current ??= readReport().finally(() => setTimeout(() => (current = undefined), maximumAgeMs).unref());
    return await current;
  };
}

async function read(query: Query, onError: (error: unknown) => void): Promise<ReadinessReport> {
  const late = new AbortController();
  try {
    const giveUp = sleep(timeoutMs, undefined, { signal: late.signal, ref: false }).then(() => {
      throw Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" });
    });
    return report(summarize(migrations, await Promise.race([readLedger(query), giveUp])));
  } catch (error) {
    onError(error);
    const { code } = error as { code?: string };
    const reason = `The database cannot be reached${code ? ` (${code})` : ""}`;
    return { ready: false, reason, state: "unreachable", pending: [] };
  } finally {
    late.abort();
  }
}

function report(status: Status): ReadinessReport {
  const pending = status.pending.map(({ name }) => name);
  const ready = status.state === "current";
  return { ready, reason: ready ? null : explain(status, pending), state: status.state, pending };
}

function explain({ state, target, applied, problems }: Status, pending: readonly string[]): string {
  if (state === "ahead") {
    const unknown = applied.map(({ name }) => name).filter((name) => !migrations.some((known) => known.name === name));
    return `The schema is ahead of this build, which ends with ${target}; only the database has ${unknown.join(", ")}: deploy a newer build`;
  }
  if (state === "diverged") return `The schema has diverged: ${problems.map(({ message }) => message).join(" ")}`;
  return `The schema is behind: pending ${pending.join(", ")}: run the migrator's "up"`;
}
