import type { Parameterized } from "../postgres/parameterized.ts";
import type { Query } from "../postgres/connection.ts";
import { type Duration, durationParameter, durationValue } from "./ledger.ts";
import { auditTable, type LedgerTable, qualified } from "./tables.ts";

/** Something that was done to the history, or tried. */
export interface AuditEntry {
  readonly action: "applied" | "reverted" | "failed" | "baselined" | "repaired" | "discarded" | "retired";
  readonly migration: string;
  /** The number of the statement that failed, from 1. */
  readonly statement?: number | null;
  readonly checksum?: string | null;
  readonly durationMs?: Duration | null;
  readonly error?: string | null;
  readonly sqlState?: string | null;
  /** The digest of the undo that is in the ledger from now on; `recorded`: the one that the ledger has. */
  readonly undoDigest?: string | null | undefined;
}

/** The host, tool version and run that an audit entry comes from. */
export interface Actor {
  readonly host: string | null;
  readonly toolVersion: string;
  readonly runId: string | null;
}

/** The statements that create the audit table, which is append-only: a trigger refuses to change or remove a row. */
export function auditStatements(ledger: LedgerTable): string[] {
  const table = qualified(auditTable(ledger));
  const refusal = qualified({ schema: ledger.schema, table: `${ledger.table}_audit_refuse` });
  return [
    `create table if not exists ${table} (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  action text not null,
  migration text not null,
  statement int,
  checksum text,
  duration_ms double precision,
  error text,
  sql_state text,
  role text not null default session_user,
  host text,
  tool_version text,
  run_id text,
  undo_digest text
)`,
    `alter table ${table} add column if not exists undo_digest text`,
    `create or replace function ${refusal}() returns trigger language plpgsql as
$$ begin raise exception 'the audit of the migrations only grows'; end $$`,
    `create or replace trigger only_grows before update or delete or truncate on ${table} for each statement execute function ${refusal}()`,
  ];
}

/** The statement that adds a row to the audit. */
export function auditInsert(entry: AuditEntry, actor: Actor, ledger: LedgerTable): Parameterized {
  const { action, migration, statement = null, checksum = null, durationMs = null } = entry;
  const { error = null, sqlState = null, undoDigest = null } = entry;
  const { host, toolVersion, runId } = actor;
  const { column, value, values } = undoPart(undoDigest, ledger);
  const sql = `insert into ${qualified(auditTable(ledger))}
  (action, migration, statement, checksum, duration_ms, error, sql_state, host, tool_version, run_id${column})
  values ($1, $2, $3, $4, ${durationParameter(durationMs, "$5")}, $6, $7, $8, $9, $10${value})`;
  const what = [action, migration, statement, checksum, durationValue(durationMs), error, sqlState];
  return { sql, parameters: [...what, host, toolVersion, runId, ...values] };
}

/** The column is named only where there is a digest: an audit of an earlier release lacks it. */
function undoPart(digest: string | null, ledger: LedgerTable): { column: string; value: string; values: string[] } {
  const column = ", undo_digest";
  if (digest === null) return { column: "", value: "", values: [] };
  if (digest !== "recorded") return { column, value: ", $11", values: [digest] };
  return { column, value: `, (select undo_digest from ${qualified(ledger)} where name = $2)`, values: [] };
}

/** Adds a row to the audit. */
export async function recordAudit(query: Query, entry: AuditEntry, actor: Actor, ledger: LedgerTable): Promise<void> {
  const { sql, parameters } = auditInsert(entry, actor, ledger);
  await query(sql, parameters);
}
