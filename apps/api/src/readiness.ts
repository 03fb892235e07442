import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { migrations } from "@thedata/migrations";
import { readAddress } from "@thedata/migrator/postgres";
import { type OwnRelease, type Query, readSchemaStatus, type Status } from "@thedata/migrator/status";
import { Pool } from "pg";
import { findDatabaseCode } from "./database-errors.ts";
import { type DatabaseIdentity, readIdentity } from "./database.ts";
import { applicationName, describeOwnRelease } from "./release.ts";

/** Whether the schema is the one that this build expects; `reason` explains why not, in full sentences. */
export interface ReadinessReport {
  readonly ready: boolean;
  readonly reason: string | null;
  readonly state: Status["state"] | "unreachable";
  /** Names of the migrations that this build has and the database lacks. */
  readonly pending: readonly string[];
}

/** Reports whether the database's schema fits this build. */
export interface Readiness {
  /** For probes: the report, at most half a second old; answers within two seconds and never throws. */
  check(): Promise<ReadinessReport>;
  /**
   * For requests: the report; never throws. While the database is slow or unreachable, gives its last answer, up to ten
   * seconds old: the request itself then shows whether it can be served.
   */
  read(): Promise<ReadinessReport>;
  /** The database that was checked; undefined before it first answered. */
  identity(): DatabaseIdentity | undefined;
  close(): Promise<void>;
}

/** Gets each report that differs from the last one, and once a minute one that is not ready, with its cause. */
export type ReadinessListener = (report: ReadinessReport, error: unknown) => void;

const maximumAgeMs = 500;
const probeMs = 1800;
const databaseMs = 5000;
const patienceMs = 1000;
const memoryMs = 10_000;

/** Watches the schema at `dsn` through its own connection, so that a busy pool does not make the API unready. */
export function watchReadiness(dsn: string, listener: ReadinessListener): Readiness {
  let identity: DatabaseIdentity | undefined;
  const pool = openPool(dsn, (found) => (identity = found));
  const query: Query = async (sql, parameters) => (await pool.query(sql, parameters && [...parameters])).rows as never;
  const tell = onChange(listener);
  const read = shared(reader(query, describeOwnRelease(sessionsOf(pool)), tell));
  return {
    check: async () => await Promise.race([read(), lateReport(probeMs)]),
    read: withMemory(read),
    identity: () => identity,
    close: async () => await pool.end(),
  };
}

function openPool(dsn: string, onIdentity: (identity: DatabaseIdentity) => void): Pool {
  const pool = new Pool({
    ...readAddress(dsn).config,
    application_name: applicationName("-readiness"),
    max: 1,
    connectionTimeoutMillis: databaseMs,
    query_timeout: databaseMs,
    statement_timeout: databaseMs,
    onConnect: async (client) => onIdentity(await readIdentity(client)),
  });
  // The next check replaces a broken connection and reports the error.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

/** Shares one read among concurrent callers; the first caller after `maximumAgeMs` reads again. */
function shared(read: () => Promise<ReadinessReport>): () => Promise<ReadinessReport> {
  let current: Promise<ReadinessReport> | undefined;
  return async () => {
    current ??= read().finally(() => setTimeout(() => (current = undefined), maximumAgeMs).unref());
    return await current;
  };
}

function withMemory(read: () => Promise<ReadinessReport>): () => Promise<ReadinessReport> {
  let last: { readonly report: ReadinessReport; readonly at: number } | undefined;
  const readAndKeep = async () => {
    const report = await read();
    if (report.state !== "unreachable") last = { report, at: Date.now() };
    return report;
  };
  return async () => {
    if (!last || Date.now() - last.at > memoryMs) return await readAndKeep();
    const { report: known } = last;
    const report = await Promise.race([readAndKeep(), sleep(patienceMs, known, { ref: false })]);
    return report.state === "unreachable" ? known : report;
  };
}

async function lateReport(afterMs: number): Promise<ReadinessReport> {
  await sleep(afterMs, undefined, { ref: false });
  // If this process was busy, an answer that has already arrived is processed first.
  await setImmediate();
  return unreachable("no answer in time");
}

/** A pool closes the connection of a query that fails, and with it a transaction. */
function sessionsOf(pool: Pool): OwnRelease["withSession"] {
  return async (work) => {
    const client = await pool.connect();
    try {
      return await work(
        async (sql, parameters) => (await client.query(sql, parameters && [...parameters])).rows as never,
      );
    } finally {
      client.release();
    }
  };
}

function reader(query: Query, release: OwnRelease, tell: ReadinessListener): () => Promise<ReadinessReport> {
  let last: ReadinessReport | undefined;
  return async () => {
    const read = await readReport(query, release, last?.state !== "current");
    // Else every instance would leave at once while a runner is at work, or where nobody can judge.
    const report = last?.ready && read.isUndecided ? last : read.report;
    last = report;
    tell(report, read.error);
    return report;
  };
}

interface ReadReport {
  readonly report: ReadinessReport;
  readonly error?: unknown;
  /** True: the schema may be another one in a moment, or could not be judged. */
  readonly isUndecided?: boolean;
}

/** Reads the schema's status. A first "current" counts only once the server has written it to disk. */
async function readReport(query: Query, release: OwnRelease, isFirst: boolean): Promise<ReadReport> {
  try {
    const status = await readSchemaStatus(query, migrations, { durable: isFirst, release });
    const isUnjudged = status.state === "ahead" && status.compatible === null;
    return { report: describe(status), isUndecided: status.runner !== null || isUnjudged };
  } catch (error) {
    return { report: unreachable(findDatabaseCode(error)), error };
  }
}

function unreachable(why: string | undefined): ReadinessReport {
  const reason = `The database cannot be reached${why ? ` (${why})` : ""}`;
  return { ready: false, reason, state: "unreachable", pending: [] };
}

function onChange(listener: ReadinessListener): ReadinessListener {
  let last: { readonly reason: string | null; readonly at: number } | undefined;
  return (report, error) => {
    const isReminder = !report.ready && last !== undefined && Date.now() - last.at >= reminderMs;
    if (last?.reason === report.reason && !isReminder) return;
    last = { reason: report.reason, at: Date.now() };
    listener(report, error);
  };
}

const reminderMs = 60_000;

function describe(status: Status): ReadinessReport {
  const pending = status.pending.map(({ name }) => name);
  const ready = status.compatible === true;
  return { ready, reason: ready ? null : explain(status, pending), state: status.state, pending };
}

function explain({ state, target, applied, problems, held, findings }: Status, pending: readonly string[]): string {
  if (state === "ahead") {
    const unknown = applied.map(({ name }) => name).filter((name) => !migrations.some((known) => known.name === name));
    const why = findings.length > 0 ? `, and this build does not work there: ${findings.slice(0, 3).join("; ")}` : "";
    return `The schema is ahead of this build, which ends with ${target}; only the database has ${unknown.join(", ")}${why}: deploy a newer build`;
  }
  if (state === "half-done") return problems.map(({ message }) => message).join(" ");
  if (state === "diverged") return `The schema has diverged: ${problems.map(({ message }) => message).join(" ")}`;
  const [waiting] = held;
  if (waiting && waiting.name === pending[0])
    return `The schema is behind: ${waiting.name} changes a large table in batches, and ${pending.join(", ")} wait for it: see "migrator backfill status"`;
  return `The schema is behind: pending ${pending.join(", ")}: run the migrator's "up"`;
}
