import type { Query } from "../postgres/connection.ts";
import { explainLedgerError } from "./ledger.ts";
import { backfillTable, type LedgerTable, qualified } from "./tables.ts";

/** How far a backfill came. It is there from its first batch until the migration is recorded in the ledger. */
export interface BackfillState {
  readonly migration: string;
  /** The migration's checksum when it began: another statement would not go on where this one stands. */
  readonly checksum: string;
  readonly key: string;
  /** The last key that is done, as text; null: none. */
  readonly last: string | null;
  /** How many rows were gone over, and how many of them were changed. */
  readonly scanned: number;
  readonly changed: number;
  /** The rows of the table when it began, as the server estimates them; null: unknown. */
  readonly estimate: number | null;
  /** How many rows the last batch went over. */
  readonly batch: number;
  /** The time in batches, in milliseconds. */
  readonly busyMs: number;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly updatedAt: string;
  readonly pausedAt: string | null;
  readonly doneAt: string | null;
  /** The run that works on it, or that worked on it last. */
  readonly runId: string;
  readonly host: string;
}

/** The statement that creates the table of backfills. */
export function backfillStatement(ledger: LedgerTable): string {
  return `create table if not exists ${qualified(backfillTable(ledger))} (
  migration text primary key,
  checksum text not null,
  key text not null,
  last text,
  scanned bigint not null default 0,
  changed bigint not null default 0,
  estimate bigint,
  batch int not null,
  busy_ms double precision not null default 0,
  started_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  paused_at timestamptz,
  done_at timestamptz,
  run_id text not null,
  host text not null
)`;
}

const columns = `migration, checksum, key, last, scanned::float8 as scanned, changed::float8 as changed,
  estimate::float8 as estimate, batch, busy_ms as "busyMs", started_at as "startedAt", updated_at as "updatedAt",
  paused_at as "pausedAt", done_at as "doneAt", run_id as "runId", host`;

type Stored = Omit<BackfillState, "startedAt" | "updatedAt" | "pausedAt" | "doneAt"> &
  Readonly<Record<"startedAt" | "updatedAt", Date> & Record<"pausedAt" | "doneAt", Date | null>>;

/** Reads the backfills that are begun, oldest first. Throws a `ConfigurationError` where the role may not. */
export async function readBackfills(query: Query, ledger: LedgerTable): Promise<BackfillState[]> {
  const table = backfillTable(ledger);
  const [there] = await query<{ there: boolean }>("select to_regclass($1) is not null as there", [qualified(table)]);
  if (!there?.there) return [];
  const rows = await query<Stored>(`select ${columns} from ${qualified(table)} order by started_at`).catch(
    (error: unknown) => {
      throw explainLedgerError(error, table, "read");
    },
  );
  return rows.map(toState);
}

/** What is pending from the first begun backfill on, which waits for it; nothing where the role may not see it. */
export async function findHeld(
  query: Query,
  ledger: LedgerTable,
  pending: readonly { readonly name: string }[],
): Promise<readonly { readonly name: string }[]> {
  if (pending.length === 0) return [];
  const begun = new Set((await readBackfills(query, ledger).catch(() => [])).map(({ migration }) => migration));
  const first = pending.findIndex(({ name }) => begun.has(name));
  return first < 0 ? [] : pending.slice(first);
}

function toState(row: Stored): BackfillState {
  const text = (at: Date | null) => at && new Date(at).toISOString();
  return {
    ...row,
    startedAt: new Date(row.startedAt).toISOString(),
    updatedAt: new Date(row.updatedAt).toISOString(),
    pausedAt: text(row.pausedAt),
    doneAt: text(row.doneAt),
  };
}

/** What a backfill begins with. */
export type NewBackfill = Pick<
  BackfillState,
  "migration" | "checksum" | "key" | "estimate" | "batch" | "runId" | "host"
>;

/** Begins a backfill, or takes it over from the run that worked on it. */
export async function beginBackfill(query: Query, ledger: LedgerTable, begun: NewBackfill): Promise<BackfillState> {
  const [row] = await query<Stored>(
    `${insertInto(ledger)}
     on conflict (migration) do update set run_id = excluded.run_id, host = excluded.host, updated_at = clock_timestamp()
     returning ${columns}`,
    valuesOf(begun),
  );
  return toState(row as Stored);
}

/** Notes a backfill that nobody has begun; one that is begun stays as it is. */
export async function announceBackfill(query: Query, ledger: LedgerTable, fresh: NewBackfill): Promise<void> {
  await query(`${insertInto(ledger)} on conflict do nothing`, valuesOf(fresh));
}

function insertInto(ledger: LedgerTable): string {
  return `insert into ${qualified(backfillTable(ledger))} (migration, checksum, key, estimate, batch, run_id, host)
     values ($1, $2, $3, $4, $5, $6, $7)`;
}

function valuesOf({ migration, checksum, key, estimate, batch, runId, host }: NewBackfill): unknown[] {
  return [migration, checksum, key, estimate, batch, runId, host];
}

/** A batch that was done. */
export interface BatchNote {
  readonly last: string;
  readonly scanned: number;
  readonly changed: number;
  readonly batch: number;
  readonly busyMs: number;
}

/** Notes a batch; in its transaction, so that a range is changed and noted, or neither. */
export async function noteBatch(query: Query, ledger: LedgerTable, migration: string, note: BatchNote): Promise<void> {
  await query(
    `update ${qualified(backfillTable(ledger))}
        set last = $2, scanned = scanned + $3, changed = changed + $4, batch = $5, busy_ms = busy_ms + $6,
            updated_at = clock_timestamp()
      where migration = $1`,
    [migration, note.last, note.scanned, note.changed, note.batch, note.busyMs],
  );
}

/** Locks the backfill's row until the transaction ends; undefined: somebody has discarded it. */
export async function lockBackfill(
  query: Query,
  ledger: LedgerTable,
  migration: string,
): Promise<BackfillState | undefined> {
  const [row] = await query<Stored>(
    `select ${columns} from ${qualified(backfillTable(ledger))} where migration = $1 for update`,
    [migration],
  );
  return row && toState(row);
}

/** Changes one of a backfill's marks. */
export async function markBackfill(
  query: Query,
  ledger: LedgerTable,
  migration: string,
  mark: "paused" | "resumed" | "done",
): Promise<void> {
  const change = {
    paused: "paused_at = clock_timestamp()",
    resumed: "paused_at = null",
    done: "done_at = clock_timestamp()",
  };
  await query(`update ${qualified(backfillTable(ledger))} set ${change[mark]} where migration = $1`, [migration]);
}

/** Forgets how far a backfill came. */
export async function forgetBackfill(query: Query, ledger: LedgerTable, migration: string): Promise<void> {
  await query(`delete from ${qualified(backfillTable(ledger))} where migration = $1`, [migration]);
}
