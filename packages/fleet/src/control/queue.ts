import { ConfigurationError } from "@thedata/migrator";
import { PgBoss } from "pg-boss";
import { type Control, type Query } from "./database.ts";

/** What a job says: all else is in `fleet.target`. */
export interface JobData {
  readonly run: number;
  readonly target: number;
}

/** A target that is to be looked at. */
export interface QueuedTarget {
  readonly no: number;
  readonly key: string;
  readonly server: string;
  readonly job_id: string;
}

/** How long a worker may be silent before its job goes to another, in seconds. */
export interface Timing {
  readonly heartbeatSeconds: number;
  readonly monitorSeconds: number;
}

/** A dead worker is found by the look that comes after its last heartbeat is too old. */
export function timingOf(heartbeatSeconds = 45): Timing {
  return { heartbeatSeconds, monitorSeconds: Math.max(2, Math.min(15, Math.round(heartbeatSeconds / 3))) };
}

export const defaultTiming = timingOf();

/** The limit of running migrations on a server, as the tier of a job's group; the hard limit is `work/slots`. */
export const mostPerServer = 64;

/**
 * The queue of a history: a worker of another build does not see its jobs. pg-boss takes letters, digits and dots in
 * names.
 */
export function queueOf(digest: string): string {
  return `fleet.${digest.slice(0, 16)}`;
}

/** Starts pg-boss on the control database; only `fleet init` lets it make its own tables. */
export async function startBoss(
  { config }: Control,
  options: {
    readonly migrate?: boolean;
    readonly supervise?: boolean;
    readonly timing?: Timing;
    readonly name?: string;
    /** Gets what the queue cannot do now, which it tries again by itself. */
    readonly onError?: (message: string) => void;
  },
): Promise<PgBoss> {
  const { migrate = false, supervise = false, timing = defaultTiming, name = "fleet", onError = () => {} } = options;
  const boss = new PgBoss({
    ...(config as object),
    max: 6,
    schema: "pgboss",
    migrate,
    createSchema: migrate,
    schedule: false,
    supervise,
    superviseIntervalSeconds: timing.monitorSeconds,
    monitorIntervalSeconds: timing.monitorSeconds,
    queueCacheIntervalSeconds: 5,
    useListenNotify: supervise,
    instanceName: name,
    persistWarnings: false,
  });
  // What cannot be done now is tried again by the worker's next poll.
  boss.on("error", ({ message }) => onError(`The queue: ${message}`));
  boss.on("warning", () => {});
  await boss.start().catch((cause: unknown) => {
    if (!/not installed|requires migrations/.test((cause as Error).message)) throw cause;
    const message = `The queue in the control database is of another version: run "migrator fleet init" first`;
    throw new ConfigurationError(message, { cause });
  });
  return boss;
}

/** Makes the queue of a history, where it is not there yet. */
export async function ensureQueue(boss: PgBoss, digest: string, timing: Timing = defaultTiming): Promise<void> {
  const name = queueOf(digest);
  const options = {
    retryLimit: 50,
    retryDelay: 1,
    heartbeatSeconds: timing.heartbeatSeconds,
    // A migration may take long: what is dead is found by its heartbeat.
    expireInSeconds: 82_800,
    retentionSeconds: 90 * 86_400,
    deleteAfterSeconds: 86_400,
    notify: true,
  };
  if (await boss.getQueue(name)) await boss.updateQueue(name, options);
  else await boss.createQueue(name, { ...options, policy: "exclusive" });
}

/** Puts targets into the queue, in the caller's transaction. A job that is there already is left as it is. */
export async function insertJobs(
  boss: PgBoss,
  query: Query,
  { digest, run, limitOf, startAfter }: InsertOptions,
  targets: readonly QueuedTarget[],
): Promise<void> {
  const jobs = targets.map(({ no, key, server, job_id }) => ({
    id: job_id,
    singletonKey: key,
    data: { run, target: no } satisfies JobData,
    group: { id: server, tier: String(limitOf(server)) },
    ...(startAfter === undefined ? {} : { startAfter }),
  }));
  for (let from = 0; from < jobs.length; from += 1000)
    await boss.insert(queueOf(digest), jobs.slice(from, from + 1000), { db: asDb(query) });
}

export interface InsertOptions {
  readonly digest: string;
  readonly run: number;
  readonly limitOf: (server: string) => number;
  /** When it may begin, in seconds from now. */
  readonly startAfter?: number | undefined;
}

/** Removes jobs that nobody has begun, in the caller's transaction. */
export async function removeJobs(boss: PgBoss, query: Query, digest: string, ids: readonly string[]): Promise<void> {
  for (let from = 0; from < ids.length; from += 1000)
    await boss.deleteJob(queueOf(digest), ids.slice(from, from + 1000), { db: asDb(query) });
}

/** A transaction of ours, as pg-boss takes one. */
export function asDb(query: Query): { executeSql: (text: string, values?: unknown[]) => Promise<{ rows: unknown[] }> } {
  return { executeSql: async (text, values) => ({ rows: await query(text, values) }) };
}
