import { type LockMode, lockModes } from "../finding.ts";

/** A session on the database that is measured. */
export interface TracedSession {
  readonly pid: number;
  query<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Sends a statement of the migration and gives how many rows it changed. */
  run(sql: string): Promise<number>;
  /** Calls `listener` with each message of the server, until the returned function is called. */
  onNotice(listener: (message: string) => void): () => void;
}

export type Work = "none" | "scan" | "build" | "rewrite";

/** What a statement was seen to do to a relation that was there before it. */
export interface RelationTrace {
  /** `schema.table`. */
  readonly relation: string;
  /** The lock that the statement added; undefined: none, or the transaction had it before. */
  readonly lock: LockMode | undefined;
  readonly work: Work;
}

/** What a statement was seen to do. */
export interface StatementTrace {
  readonly sql: string;
  readonly durationMs: number;
  /** Only the relations that it locked or worked on. */
  readonly relations: readonly RelationTrace[];
  /** The tables and indexes that are gone behind it. */
  readonly dropped: readonly string[];
  /** The indexes that it built or built anew. */
  readonly built: readonly string[];
  readonly rows: number;
  /** Of the write-ahead log, by the whole server meanwhile. */
  readonly walBytes: number;
}

interface Seen {
  readonly locks: ReadonlyMap<number, LockMode>;
  readonly relations: ReadonlyMap<
    number,
    { readonly name: string; readonly kind: string; readonly file: number; readonly scans: number }
  >;
  readonly wal: string;
}

const words = (mode: string) =>
  mode
    .replace(/Lock$/, "")
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ")
    .toUpperCase() as LockMode;

const rank = (lock: LockMode | undefined) => (lock === undefined ? -1 : lockModes.indexOf(lock));
const stronger = (a: LockMode | undefined, b: LockMode | undefined) => (rank(a) >= rank(b) ? a : b);

const lockQuery =
  "select relation::int as oid, mode from pg_locks where pid = $1 and locktype = 'relation' and granted and database <> 0";

async function readLocks(session: Pick<TracedSession, "query">, pid: number): Promise<Map<number, LockMode>> {
  const locks = new Map<number, LockMode>();
  for (const { oid, mode } of await session.query<{ oid: number; mode: string }>(lockQuery, [pid]))
    locks.set(oid, stronger(locks.get(oid), words(mode)) as LockMode);
  return locks;
}

async function look(session: TracedSession, among: readonly number[] = []): Promise<Seen> {
  const rows = await session.query<{
    oid: number;
    name: string;
    kind: string;
    file: number;
    scans: number;
    wal: string;
  }>(
    `select c.oid::int, n.nspname || '.' || c.relname as name, c.relkind as kind, coalesce(pg_relation_filenode(c.oid), 0)::int as file,
      pg_stat_get_xact_numscans(c.oid)::int as scans, pg_current_wal_insert_lsn()::text as wal
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'm', 'v', 'i', 'I') and (n.nspname !~ '^(pg_|information_schema$)' or c.oid = any ($1))`,
    [among],
  );
  return {
    locks: await readLocks(session, session.pid),
    relations: new Map(rows.map(({ oid, ...one }) => [oid, one])),
    wal: rows[0]?.wal ?? "0/0",
  };
}

/**
 * Runs a statement and measures what it does, from its own session between statements; `observer`, another session,
 * samples the locks while it runs, which is all that is left to see of a statement that is a transaction of its own.
 * Throws what the server says to the statement.
 */
export async function measure(
  session: TracedSession,
  sql: string,
  observer?: Pick<TracedSession, "query">,
): Promise<StatementTrace> {
  const before = await look(session);
  const notices: string[] = [];
  const stop = session.onNotice((message) => notices.push(message));
  const sampling = observer && sample(observer, session.pid);
  await session.query("set client_min_messages = debug1");
  const started = performance.now();
  try {
    const rows = await session.run(sql);
    const durationMs = performance.now() - started;
    await session.query("set client_min_messages = notice");
    const sampled = (await sampling?.end()) ?? new Map<number, LockMode>();
    const after = await look(session, [...before.relations.keys()]);
    return { sql, durationMs, rows, ...compare(before, after, sampled, notices) };
  } finally {
    stop();
    await sampling?.end();
  }
}

/** Reads the locks of a session again and again, as fast as the server answers. */
function sample(observer: Pick<TracedSession, "query">, pid: number) {
  const seen = new Map<number, LockMode>();
  let isOver = false;
  const loop = (async () => {
    while (!isOver)
      for (const [oid, lock] of await readLocks(observer, pid))
        seen.set(oid, stronger(seen.get(oid), lock) as LockMode);
  })();
  return {
    end: async () => {
      isOver = true;
      await loop;
      return seen;
    },
  };
}

function compare(before: Seen, after: Seen, sampled: ReadonlyMap<number, LockMode>, notices: readonly string[]) {
  const gone = new Set([...before.relations.keys()].filter((oid) => !after.relations.has(oid)));
  const isIndex = (kind: string) => kind === "i" || kind === "I";
  const relations = [...before.relations].flatMap(([oid, { name, kind, file, scans }]) => {
    if (isIndex(kind)) return [];
    const taken = gone.has(oid) ? "ACCESS EXCLUSIVE" : stronger(after.locks.get(oid), sampled.get(oid));
    const lock = rank(taken) > rank(before.locks.get(oid)) ? taken : undefined;
    const now = after.relations.get(oid);
    const work = workOn(name, notices, now !== undefined && now.file !== file, (now?.scans ?? 0) > scans);
    return lock === undefined && work === "none" ? [] : [{ relation: name, lock, work }];
  });
  const built = [...after.relations].flatMap(([oid, { name, kind, file }]) =>
    isIndex(kind) && before.relations.get(oid)?.file !== file ? [name] : [],
  );
  const dropped = [...gone].map((oid) => before.relations.get(oid)?.name ?? "");
  return { relations, built, dropped, walBytes: lsn(after.wal) - lsn(before.wal) };
}

function workOn(name: string, notices: readonly string[], isNewFile: boolean, isScanned: boolean): Work {
  const table = name.slice(name.indexOf(".") + 1);
  const says = (start: string, end: string) =>
    notices.some((notice) => notice.startsWith(start) && notice.includes(`${end}"${table}"`));
  if (isNewFile) return "rewrite";
  if (says("building index", "on table ")) return "build";
  return says("verifying table", "") || isScanned ? "scan" : "none";
}

/** A place in the write-ahead log, `16/B374D848`, in bytes. */
function lsn(text: string): number {
  const [high = "0", low = "0"] = text.split("/");
  return Number.parseInt(high, 16) * 2 ** 32 + Number.parseInt(low, 16);
}
