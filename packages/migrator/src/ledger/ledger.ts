import type { Parameterized } from "../postgres/parameterized.ts";
import { escapeLiteral } from "pg";
import type { Query } from "../postgres/connection.ts";
import { flush, flushedExpression } from "./durability.ts";
import { ConfigurationError } from "../errors.ts";
import { sha256 } from "../hash.ts";
import { defaultLedger, type LedgerTable, progressTable, qualified } from "./tables.ts";
import type { Undo, UndoDigest } from "./undo-digest.ts";

/** The part of a ledger row that the checks need. */
export interface KnownApplication {
  readonly name: string;
  readonly checksum: string | null;
}

/** A row of the ledger; null: the stock MikroORM CLI does not record it. */
export interface AppliedMigration {
  readonly name: string;
  /** ISO 8601. */
  readonly appliedAt: string;
  readonly checksum: string | null;
  readonly durationMs: number | null;
  /** The database role that applied it. */
  readonly appliedBy: string | null;
  /** The host that it was applied from. */
  readonly appliedFrom: string | null;
  readonly toolVersion: string | null;
  readonly runId: string | null;
  /** The statements of `down` as they were when it was applied. */
  readonly undo: readonly string[] | null;
}

const undefinedTable = "42P01";
const undefinedSchema = "3F000";
const undefinedColumn = "42703";
const undefinedFunction = "42883";
const insufficientPrivilege = "42501";
const readOnly = "25006";

/**
 * Every applied migration in the order of application; an empty list where there is no ledger yet. Throws a
 * `ConfigurationError` where the role may not read it.
 */
export async function readLedger(query: Query, ledger: LedgerTable = defaultLedger): Promise<AppliedMigration[]> {
  try {
    return (await query<LedgerRow>(completeQuery(ledger))).map(toApplied);
  } catch (error) {
    const { code = "" } = error as { code?: string };
    if (code === undefinedColumn) return await readIncomplete(query, ledger);
    if ([undefinedTable, undefinedSchema].includes(code)) return [];
    throw explainLedgerError(error, ledger, "read");
  }
}

// The server formats the times: parsing a thousand of them here takes longer than the rest of the rows.
const isoTime = (time: string) => `to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

function completeQuery(ledger: LedgerTable, more = ""): string {
  return `select ${more}name, ${isoTime("executed_at::timestamptz")} as executed_at, checksum, duration_ms, applied_by, applied_from,
  tool_version, run_id, undo from ${qualified(ledger)} order by id`;
}

/** Reads the ledger if it holds exactly the history with this digest and nothing is half done; else undefined. */
export async function readRecordedLedger(
  query: Query,
  digest: string,
  ledger: LedgerTable = defaultLedger,
): Promise<AppliedMigration[] | undefined> {
  try {
    const rows = await query<LedgerRow & { same: boolean }>(
      completeQuery(ledger, `(${sameQuery(digest, ledger)}) as same, `),
    );
    return rows[0]?.same === true ? rows.map(toApplied) : undefined;
  } catch {
    // `readLedger`, which the caller uses next, reports the reason.
    return undefined;
  }
}

/** A ledger that the stock CLI made has fewer columns. */
async function readIncomplete(query: Query, ledger: LedgerTable): Promise<AppliedMigration[]> {
  const rows = await query<{ row: LedgerRow }>(`select to_jsonb(m) as "row" from ${qualified(ledger)} m order by m.id`);
  return rows.map(({ row }) => toApplied({ ...row, executed_at: new Date(row.executed_at ?? 0).toISOString() }));
}

/**
 * Reads the ledger's names and checksums. Where they equal `expected`, the server says so without sending rows, and
 * `expected` itself is returned. Throws a `ConfigurationError` where the role may not read it.
 */
export async function readRecorded(
  query: Query,
  expected: readonly KnownApplication[],
  ledger: LedgerTable = defaultLedger,
): Promise<readonly KnownApplication[]> {
  try {
    const rows = await query<{ name: string | null; checksum: string | null }>(recordedQuery(expected, ledger));
    return rows[0]?.name === null
      ? expected
      : rows.map(({ name, checksum }) => ({ name: nameOf(name ?? ""), checksum }));
  } catch (error) {
    const { code = "" } = error as { code?: string };
    if ([undefinedTable, undefinedSchema].includes(code)) return [];
    // A ledger of the stock CLI, an older server.
    if ([undefinedColumn, undefinedFunction].includes(code)) return await readLedger(query, ledger);
    throw explainLedgerError(error, ledger, "read");
  }
}

function recordedQuery(expected: readonly KnownApplication[], ledger: LedgerTable): string {
  const rows = `select id, name, checksum from ${qualified(ledger)}`;
  if (expected.length === 0 || expected.some(({ checksum }) => checksum === null)) return `${rows} order by id`;
  return `with recorded as materialized (${rows}), compared as (
    select ${sameAs(listOf(expected))} as same from (${listQuery("recorded")}) as found)
  select null as id, null as name, null as checksum from compared where same
  union all select recorded.* from recorded, compared where same is not true order by id`;
}

/** Sends a short list as it is: hashing pays only where the list is longer than everything else. */
function sameAs(list: string): string {
  return list.length < 10_000 ? `list = ${escapeLiteral(list)}` : `${digested} = '${sha256(list)}'`;
}

const digested = "encode(sha256(convert_to(list, 'UTF8')), 'hex')";

function listOf(expected: readonly KnownApplication[]): string {
  return `${expected.length};${expected.map(({ name, checksum }) => `${name}:${checksum}`).join(",")}`;
}

/** The query with which the server builds the list of `listOf`. */
function listQuery(rows: string): string {
  return `select count(*) || ';' || string_agg(coalesce(name, '') || ':' || coalesce(checksum, ''), ',') as list
    from (select name, checksum from ${rows} order by id) as ordered`;
}

/** The digest of a ledger to which exactly this history was applied: SHA-256 of its names and checksums. */
export function digestOf(history: readonly KnownApplication[]): string {
  return sha256(listOf(history));
}

/**
 * True when the ledger has this digest and nothing is half done; flushes the ledger to the disk first. False also where
 * reading fails: the caller's next read reports the reason.
 */
export async function isRecorded(query: Query, digest: string, ledger: LedgerTable = defaultLedger): Promise<boolean> {
  try {
    const [row] = await query<{ same: boolean; flushed: boolean }>(
      `select same, ${flushedExpression(ledger)} as flushed from (${sameQuery(digest, ledger)}) as found`,
    );
    if (row?.same && !row.flushed) await flush(query);
    return row?.same === true;
  } catch {
    return false;
  }
}

function sameQuery(digest: string, ledger: LedgerTable): string {
  return `select ${digested} = '${digest}' and not exists (select from ${qualified(progressTable(ledger))}) as same
    from (${listQuery(qualified(ledger))}) as found`;
}

/** Versions of MikroORM before 5 recorded the file's ending too. */
function nameOf(name: string): string {
  return name.replace(/\.[jt]s$/, "");
}

/** Turns an error that the configuration can put right into a `ConfigurationError`; returns any other as it is. */
export function explainLedgerError(error: unknown, ledger: LedgerTable, what: "read" | "made"): unknown {
  const { code = "", message } = error as { code?: string; message: string };
  if (![undefinedSchema, insufficientPrivilege, readOnly].includes(code)) return error;
  return new ConfigurationError(
    `The ledger ${qualified(ledger)} cannot be ${what}: ${message}. Check the role's rights and the ledger's schema`,
    { cause: error },
  );
}

interface LedgerRow {
  name: string;
  executed_at: string | null;
  checksum?: string | null;
  duration_ms?: number | null;
  applied_by?: string | null;
  applied_from?: string | null;
  tool_version?: string | null;
  run_id?: string | null;
  undo?: string[] | null;
}

function toApplied(row: LedgerRow): AppliedMigration {
  return {
    name: nameOf(row.name),
    appliedAt: row.executed_at ?? new Date(0).toISOString(),
    checksum: row.checksum ?? null,
    durationMs: row.duration_ms ?? null,
    appliedBy: row.applied_by ?? null,
    appliedFrom: row.applied_from ?? null,
    toolVersion: row.tool_version ?? null,
    runId: row.run_id ?? null,
    undo: row.undo ?? null,
  };
}

/** In milliseconds, or measured by the server since the transaction began. */
export type Duration = number | "sinceBegin";

/** The SQL of a duration; `name` is its parameter, such as `$5`. */
export function durationParameter(duration: Duration | null | undefined, name: string): string {
  // `name` occurs in both cases, because the server expects every parameter that is sent.
  return duration === "sinceBegin"
    ? `coalesce(${name}::float8, extract(epoch from clock_timestamp() - now()) * 1000)`
    : name;
}

/** The value of the parameter of `durationParameter`. */
export function durationValue(duration: Duration | null): number | null {
  return duration === "sinceBegin" ? null : duration;
}

/** What is recorded of one application. */
export interface LedgerEntry {
  readonly name: string;
  readonly checksum: string | null;
  readonly durationMs: Duration | null;
  readonly appliedFrom: string | null;
  readonly toolVersion: string;
  readonly runId: string | null;
  /** Null: it has none, or nobody knows it. */
  readonly undo: Undo | null;
  /** Undefined: on a shadow database, where nothing is reverted from the ledger. */
  readonly digest?: UndoDigest | undefined;
}

/** The statement that records a migration as applied. */
export function ledgerInsert(entry: LedgerEntry, ledger: LedgerTable = defaultLedger): Parameterized {
  const sql = `insert into ${qualified(ledger)}
  (name, executed_at, checksum, duration_ms, applied_by, applied_from, tool_version, run_id, ${undoColumns.join(", ")})
  values ($1, clock_timestamp(), $2, ${durationParameter(entry.durationMs, "$3")}, session_user, $4, $5, $6,
          $7, $8, $9, $10, $11, $12)`;
  const { name, checksum, durationMs, appliedFrom, toolVersion, runId, undo, digest } = entry;
  const values = [name, checksum, durationValue(durationMs), appliedFrom, toolVersion, runId];
  return { sql, parameters: [...values, ...undoValues(undo, digest)] };
}

const undoColumns = [
  "undo",
  "undo_transactional",
  "undo_losses",
  "undo_position",
  "undo_digest",
  "undo_signature",
] as const;

/** The values of `undoColumns`. */
function undoValues(undo: Undo | null, digest: UndoDigest | undefined): unknown[] {
  if (!undo) return undoColumns.map(() => null);
  const { statements, transactional, losses } = undo;
  const { position = null, digest: sum = null, signature = null } = digest ?? {};
  return [JSON.stringify(statements), transactional, JSON.stringify(losses), position, sum, signature];
}

/** The statement that deletes a migration's row, under any name that a version of MikroORM gave it. */
export function ledgerDelete(name: string, ledger: LedgerTable = defaultLedger): Parameterized {
  const sql = `delete from ${qualified(ledger)} where name in ($1, $2, $3)`;
  return { sql, parameters: [name, `${name}.ts`, `${name}.js`] };
}

/** Records a migration as applied; call it inside the migration's transaction. */
export async function recordApplied(
  query: Query,
  entry: LedgerEntry,
  ledger: LedgerTable = defaultLedger,
): Promise<void> {
  const { sql, parameters } = ledgerInsert(entry, ledger);
  await query(sql, parameters);
}

/** Deletes the row of a migration that was reverted, or whose file is gone; call it inside the same transaction. */
export async function forget(query: Query, name: string, ledger: LedgerTable = defaultLedger): Promise<void> {
  const { sql, parameters } = ledgerDelete(name, ledger);
  await query(sql, parameters);
}

/** Records a migration's checksum and `down` as its file has them, in place of those that were recorded. */
export async function acceptFile(
  query: Query,
  { name, checksum, undo, digest }: Pick<LedgerEntry, "name" | "undo" | "digest"> & { readonly checksum: string },
  ledger: LedgerTable = defaultLedger,
): Promise<void> {
  const columns = undoColumns.map((column, index) => `${column} = $${index + 3}`);
  await query(
    `update ${qualified(ledger)} set checksum = $2, ${columns.join(", ")}
      where name = any(array[$1, $1 || '.ts', $1 || '.js'])`,
    [name, checksum, ...undoValues(undo, digest)],
  );
}
