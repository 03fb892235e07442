import type { Parameterized } from "../postgres/parameterized.ts";
import type { Query } from "../postgres/connection.ts";
import { type Duration, durationParameter, durationValue } from "./ledger.ts";
import { auditTable, type LedgerTable, qualified } from "./tables.ts";

/** Something that was done to the history, or tried. */
export interface AuditEntry {
  readonly action: "applied" | "reverted" | "failed" | "baselined" | "repaired" | "discarded";
  readonly migration: string;
  /** The number of the statement that failed, from 1. */
  readonly statement?: number | null;
  readonly checksum?: string | null;
  readonly durationMs?: Duration | null;
  readonly error?: string | null;
  readonly sqlState?: string | null;
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
  run_id text
)`,
    `create or replace function ${refusal}() returns trigger language plpgsql as
$$ begin raise exception 'the audit of the migrations only grows'; end $$`,
    `create or replace trigger only_grows before update or delete or truncate on ${table} for each statement execute function ${refusal}()`,
  ];
}

/** The statement that adds a row to the audit. */
export function auditInsert(entry: AuditEntry, actor: Actor, ledger: LedgerTable): Parameterized {
  const sql = `insert into ${qualified(auditTable(ledger))}
  (action, migration, statement, checksum, duration_ms, error, sql_state, host, tool_version, run_id)
  values ($1, $2, $3, $4, ${durationParameter(entry.durationMs, "$5")}, $6, $7, $8, $9, $10)`;
  const {
    action,
    migration,
    statement = null,
    checksum = null,
    durationMs = null,
    error = null,
    sqlState = null,
  } = entry;
  const { host, toolVersion, runId } = actor;
  return {
    sql,
    parameters: [
      action,
      migration,
      statement,
      checksum,
      durationValue(durationMs),
      error,
      sqlState,
      host,
      toolVersion,
      runId,
    ],
  };
}

/** Adds a row to the audit. */
export async function recordAudit(query: Query, entry: AuditEntry, actor: Actor, ledger: LedgerTable): Promise<void> {
  const { sql, parameters } = auditInsert(entry, actor, ledger);
  await query(sql, parameters);
}
