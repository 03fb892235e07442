import type { Parameterized } from "../postgres/parameterized.ts";
import type { Direction } from "../report.ts";
import type { Actor } from "./audit.ts";
import type { Query } from "../postgres/connection.ts";
import { explainLedgerError } from "./ledger.ts";
import { type LedgerTable, progressTable, qualified } from "./tables.ts";

/**
 * How far a cut-off non-transactional migration came: it is half done until the same direction finishes it or `repair`
 * settles it. A ledger has at most one such migration.
 */
export interface Progress {
  readonly migration: string;
  readonly direction: Direction;
  /** The number of the last statement that is known to be done; 0: none. */
  readonly done: number;
  /** The number of a statement that was sent and that may have left something; null: none. */
  readonly attempted: number | null;
  /** True: the server reported that the attempted statement failed; false: its outcome is unknown. */
  readonly failed: boolean;
  /** How many statements the migration had; null: its code computes them. */
  readonly total: number | null;
  /** The statements that are done or were attempted, in their order, as they were sent. */
  readonly statements: readonly string[];
  /** When the first of them was sent, ISO 8601. */
  readonly since: string;
}

/** The statement that creates the progress table: a row for each statement that is done or was attempted. */
export function progressStatement(ledger: LedgerTable): string {
  return `create table if not exists ${qualified(progressTable(ledger))} (
  migration text not null,
  number int not null,
  direction text not null,
  state text not null,
  total int,
  sql text not null,
  at timestamptz not null default clock_timestamp(),
  host text,
  run_id text,
  primary key (migration, number)
)`;
}

const undefinedTable = "42P01";
const undefinedSchema = "3F000";

/**
 * Reads the half-done migration; undefined where none is, or where there is no progress table yet. Throws a
 * `ConfigurationError` where the role may not read it.
 */
export async function readProgress(query: Query, ledger: LedgerTable): Promise<Progress | undefined> {
  try {
    const rows = await query<Progress & { since: Date }>(
      `select migration, direction, max(total) as total, min(at) as since,
              coalesce(max(number) filter (where state = 'done'), 0) as done,
              max(number) filter (where state <> 'done') as attempted,
              bool_or(state = 'failed') as failed,
              coalesce(json_agg(sql order by number) filter (where number > 0), '[]') as statements
         from ${qualified(progressTable(ledger))} group by migration, direction order by since limit 1`,
    );
    return rows[0] && { ...rows[0], since: new Date(rows[0].since).toISOString() };
  } catch (error) {
    const { code = "" } = error as { code?: string };
    if ([undefinedTable, undefinedSchema].includes(code)) return undefined;
    throw explainLedgerError(error, progressTable(ledger), "read");
  }
}

/** Statements of a non-transactional migration, and their state. */
export interface ProgressNote {
  readonly migration: string;
  readonly direction: Direction;
  /** Numbers from 1; number 0: the code of a computed migration. */
  readonly statements: readonly { readonly number: number; readonly sql: string }[];
  readonly total: number | null;
  readonly state: "attempted" | "failed" | "done";
}

/** Notes statements as attempted, failed or done. */
export async function noteProgress(query: Query, note: ProgressNote, actor: Actor, ledger: LedgerTable): Promise<void> {
  for (const { sql, parameters } of progressUpserts(note, actor, ledger)) await query(sql, parameters);
}

/** The commands that note statements as attempted, failed or done. */
export function progressUpserts(note: ProgressNote, { host, runId }: Actor, ledger: LedgerTable): Parameterized[] {
  const { migration, direction, total, state } = note;
  return note.statements.map(({ number, sql }) => ({
    sql: `insert into ${qualified(progressTable(ledger))} (migration, number, direction, state, total, sql, host, run_id)
  values ($1, $2, $3, $4, $5, $6, $7, $8)
  on conflict (migration, number) do update set state = excluded.state, sql = excluded.sql, total = excluded.total`,
    parameters: [migration, number, direction, state, total, sql, host, runId],
  }));
}

/** Removes the note of an attempted statement that failed and left nothing. */
export async function withdrawAttempt(query: Query, migration: string, ledger: LedgerTable): Promise<void> {
  await query(`delete from ${qualified(progressTable(ledger))} where migration = $1 and state = 'attempted'`, [
    migration,
  ]);
}

/** The statement that ends the progress of a migration: it is done in full, or `repair` has settled it. */
export function progressDelete(migration: string, ledger: LedgerTable): Parameterized {
  return { sql: `delete from ${qualified(progressTable(ledger))} where migration = $1`, parameters: [migration] };
}

/** Deletes the progress of a migration. */
export async function forgetProgress(query: Query, migration: string, ledger: LedgerTable): Promise<void> {
  const { sql, parameters } = progressDelete(migration, ledger);
  await query(sql, parameters);
}
