import { RefusedError } from "../../errors.ts";
import type { Backfill } from "../../history/backfill.ts";
import { lockBackfill, markBackfill, noteBatch } from "../../ledger/backfills.ts";
import type { LedgerTable } from "../../ledger/tables.ts";
import type { Connection } from "../../postgres/connection.ts";
import { inTransaction } from "../../postgres/transaction.ts";
import type { Seen } from "./pace.ts";
import type { Target } from "./target.ts";

/** What a backfill's batches share. */
export interface BatchRun {
  readonly connection: Connection;
  readonly ledger: LedgerTable;
  readonly runId: string;
  readonly migration: string;
  readonly backfill: Backfill;
  readonly target: Target;
}

/** What became of a batch. */
export type Batch =
  | (Seen & { readonly end: "changed"; readonly changed: number })
  | { readonly end: "waits"; readonly reason: string }
  | { readonly end: "done" };

// Below PostgreSQL's deadlock_timeout of one second: the batch gives way before anybody else is taken for the victim.
const lockTimeoutMs = 500;

// The role's own time-out would end a batch of a slow expression. Policies would hide rows, which PostgreSQL refuses once
// row_security is off. The note commits with the change: a crash of the server loses both or none, so that nobody need
// wait for the disk.
const settings = `set local lock_timeout = ${lockTimeoutMs}; set local statement_timeout = 0; set local row_security = off; set local synchronous_commit = off`;

/**
 * Changes the next `size` rows behind the last key that is noted, and notes the new one, in one transaction. Throws
 * PostgreSQL's own error, and a `RefusedError` where another run works on the backfill, or somebody discarded it.
 */
export async function runBatch(batches: BatchRun, size: number): Promise<Batch> {
  const { connection, ledger, migration } = batches;
  const started = performance.now();
  return await inTransaction(connection, async () => {
    await connection.query(settings);
    const state = await lockBackfill(connection.query, ledger, migration);
    if (state?.runId !== batches.runId) throw new RefusedError(takenOver(migration, state === undefined));
    if (state.pausedAt !== null)
      return { end: "waits", reason: `it is paused since ${state.pausedAt}: "migrator backfill resume" lets it go on` };
    if (state.doneAt !== null) return { end: "done" };
    const range = await findRange(batches, state.last, size);
    if (!range) {
      await markBackfill(connection.query, ledger, migration, "done");
      await connection.query("set local synchronous_commit = on");
      return { end: "done" };
    }
    const changed = await changeRange(batches, state.last, range.upper);
    const waiters = await countWaiters(connection);
    const durationMs = performance.now() - started;
    const note = { last: range.upper, scanned: range.rows, changed, batch: size, busyMs: durationMs };
    await noteBatch(connection.query, ledger, migration, note);
    return { end: "changed", rows: range.rows, changed, durationMs, waiters };
  });
}

function takenOver(migration: string, discarded: boolean): string {
  return discarded
    ? `The backfill of ${migration} was discarded while it ran; what it changed stays`
    : `Another run took the backfill of ${migration} over: this one stops, and nothing is done twice`;
}

const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** The last key of the next batch; undefined: no row is left. */
async function findRange(
  { connection, backfill, target }: BatchRun,
  last: string | null,
  size: number,
): Promise<{ readonly upper: string; readonly rows: number } | undefined> {
  const key = quote(target.key);
  const behind = last === null ? "" : `where ${key} > $2::${target.type}`;
  const [range] = await connection.query<{ upper: string; rows: number }>(
    `select key::text as upper, rows from (
       select key, count(*) over ()::int as rows from (select ${key} as key from ${backfill.table} ${behind} order by 1 limit $1) next
     ) counted order by key desc limit 1`,
    last === null ? [size] : [size, last],
  );
  return range;
}

async function changeRange(
  { connection, backfill, target }: BatchRun,
  last: string | null,
  upper: string,
): Promise<number> {
  const sql = batchUpdate(backfill, target, last !== null);
  const { rowCount } = await connection.client.query(sql, last === null ? [upper] : [upper, last]);
  return rowCount ?? 0;
}

/** The UPDATE of a batch: up to the key `$1`, and behind `$2` where one is done. */
export function batchUpdate({ table, set, where }: Backfill, target: Target, isBehind: boolean): string {
  const key = quote(target.key);
  const behind = isBehind ? `and ${key} > $2::${target.type}` : "";
  // A comment at the end of `set` or `where` ends with its line.
  const condition = where === undefined ? "" : `and (${where}\n)`;
  return `update ${table} set ${set}\nwhere ${key} <= $1::${target.type} ${behind} ${condition}`;
}

async function countWaiters({ query }: Connection): Promise<number> {
  const [row] = await query<{ waiters: number }>(
    `select count(distinct pid)::int as waiters from pg_locks
      where not granted and pid <> pg_backend_pid() and pg_backend_pid() = any (pg_blocking_pids(pid))`,
  );
  return row?.waiters ?? 0;
}
