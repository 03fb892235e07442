import type pg from "pg";
import { type LockMode, lockModes } from "../src/finding.ts";

/** What a statement was seen to do to one relation. */
export interface Measured {
  readonly lock: LockMode | undefined;
  readonly work: "none" | "scan" | "build" | "rewrite";
}

interface Seen {
  readonly locks: ReadonlyMap<number, LockMode>;
  /** By the relation's number: the number of its file. */
  readonly files: ReadonlyMap<number, number>;
  /** By the relation's number: `schema.table`. */
  readonly names: ReadonlyMap<number, string>;
  /** By the relation's number: how often it was scanned from end to end in this transaction. */
  readonly scans: ReadonlyMap<number, number>;
}

const words = (mode: string) =>
  mode
    .replace(/Lock$/, "")
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ")
    .toUpperCase() as LockMode;

async function look(client: pg.Client, among: readonly number[] = []): Promise<Seen> {
  const { rows } = await client.query<{ oid: number; name: string; file: number; modes: string[]; scans: number }>(
    `select c.oid::int, n.nspname || '.' || c.relname as name, pg_relation_filenode(c.oid)::int as file,
      pg_stat_get_xact_numscans(c.oid)::int as scans,
      array(select mode from pg_locks l where l.relation = c.oid and l.pid = pg_backend_pid() and l.granted) as modes
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('public', 'app') and c.relkind in ('r', 'p', 'm', 'v') or c.oid = any ($1)`,
    [among],
  );
  const strongest = (modes: string[]) =>
    modes.map(words).toSorted((a, b) => lockModes.indexOf(b) - lockModes.indexOf(a))[0];
  return {
    locks: new Map(rows.flatMap(({ oid, modes }) => (modes.length > 0 ? [[oid, strongest(modes) as LockMode]] : []))),
    files: new Map(rows.map(({ oid, file }) => [oid, file])),
    names: new Map(rows.map(({ oid, name }) => [oid, name])),
    scans: new Map(rows.map(({ oid, scans }) => [oid, scans])),
  };
}

/**
 * Runs a statement in the transaction that is open, and gives what it did to the relations that were there: the lock
 * that it added, and what the server says of its work at DEBUG1. Undefined where the server refuses the statement.
 */
export async function measure(client: pg.Client, sql: string): Promise<Map<string, Measured> | undefined> {
  const before = await look(client);
  const notices: string[] = [];
  const listen = ({ message }: { message?: string | undefined }) => void notices.push(message ?? "");
  client.on("notice", listen);
  try {
    await client.query("savepoint measured; set local client_min_messages = debug1");
    await client.query(sql);
    await client.query("set local client_min_messages = notice");
  } catch {
    await client.query("rollback to savepoint measured");
    return undefined;
  } finally {
    client.off("notice", listen);
  }
  const after = await look(client, [...before.names.keys()]);
  const gone = new Set([...before.names.keys()].filter((oid) => !after.names.has(oid)));
  return new Map(
    [...before.names].map(([oid, name]) => {
      const lock = gone.has(oid) ? "ACCESS EXCLUSIVE" : after.locks.get(oid);
      const held = before.locks.get(oid);
      const added = lock && (!held || lockModes.indexOf(lock) > lockModes.indexOf(held)) ? lock : undefined;
      return [name, { lock: added, work: workOn(name, notices, pick(oid, before), pick(oid, after)) }];
    }),
  );
}

interface Picked {
  readonly file: number | undefined;
  readonly scans: number | undefined;
}

const pick = (oid: number, { files, scans }: Seen): Picked => ({ file: files.get(oid), scans: scans.get(oid) });

function workOn(name: string, notices: readonly string[], before: Picked, after: Picked): Measured["work"] {
  const table = name.slice(name.indexOf(".") + 1);
  const says = (pattern: string) => notices.some((notice) => new RegExp(pattern).test(notice));
  if (after.file !== undefined && before.file !== after.file) return "rewrite";
  if (says(`^building index ".*" on table "${table}"`)) return "build";
  if (says(`^verifying table "${table}"`) || (after.scans ?? 0) > (before.scans ?? 0)) return "scan";
  return "none";
}
