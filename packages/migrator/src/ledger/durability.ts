import { setTimeout as sleep } from "node:timers/promises";
import type { Query } from "../postgres/connection.ts";
import { auditTable, type LedgerTable, qualified } from "./tables.ts";

/**
 * SQL that is true when the ledger's rows are on the server's disk. A run commits all but its last migration without
 * waiting for the disk; when it is killed, its rows can be visible before they are safe. After half a minute, three
 * times the longest `wal_writer_delay`, the server has written them in any case.
 */
export function flushedExpression(ledger: LedgerTable): string {
  const last = `(select at from ${qualified(auditTable(ledger))} order by id desc limit 1)`;
  return `case when pg_is_in_recovery() then true
    else pg_current_wal_insert_lsn() <= pg_current_wal_flush_lsn()
      or coalesce(${last} < clock_timestamp() - interval '1 minute', true) end`;
}

/**
 * Waits until all earlier commits are on the server's disk: a commit that waits flushes those before it. Where the role
 * may not write such a commit, waits for the server's WAL writer.
 */
export async function flush(query: Query): Promise<void> {
  try {
    await query(
      "begin read write; set local synchronous_commit = local; select pg_logical_emit_message(true, 'migrator', 'flush'); commit",
    );
  } catch (error) {
    await query("rollback");
    if (codeOf(error) !== insufficientPrivilege) throw error;
    await awaitWriter(query);
  }
}

/** The WAL writer flushes asynchronous commits within three times `wal_writer_delay`, which is ten seconds at most. */
async function awaitWriter(query: Query): Promise<void> {
  const [{ lsn } = { lsn: "0/0" }] = await query<{ lsn: string }>("select pg_current_wal_insert_lsn()::text as lsn");
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    const [row] = await query<{ flushed: boolean }>("select pg_current_wal_flush_lsn() >= $1::pg_lsn as flushed", [
      lsn,
    ]);
    if (row?.flushed) return;
    await sleep(50);
  }
}

/**
 * Makes the transaction's commit wait for the disk, even where the role or database has switched that off: nothing is
 * reported as done before it is on the disk.
 */
export const waitForDisk =
  "select set_config('synchronous_commit', case current_setting('synchronous_commit') when 'off' then 'local' else current_setting('synchronous_commit') end, true)";

const undefinedTable = "42P01";
const insufficientPrivilege = "42501";

/** Flushes what a killed run has recorded, so that nothing is reported as done before it is on the disk. */
export async function ensureFlushed(query: Query, ledger: LedgerTable): Promise<void> {
  try {
    const [row] = await query<{ flushed: boolean }>(`select ${flushedExpression(ledger)} as flushed`);
    if (!row?.flushed) await flush(query);
  } catch (error) {
    const code = codeOf(error);
    // Without the right to read the audit, flush in any case; without an audit, the migrator has recorded nothing.
    if (code === insufficientPrivilege) await flush(query);
    else if (code !== undefinedTable) throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string }).code;
}
