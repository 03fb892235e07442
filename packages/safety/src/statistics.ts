import type { Query } from "@thedata/catalog";
import { blockedBy, type Finding, lockModes, type Severity } from "./finding.ts";

/** How large and how busy a table is. */
export interface TableStatistics {
  readonly rows: number;
  /** Of the table itself, and of its indexes. */
  readonly bytes: number;
  readonly indexBytes: number;
  /** Statements a second since the statistics were reset. */
  readonly readsPerSecond: number;
  readonly writesPerSecond: number;
}

/** The statistics of a database, without anything of its rows. */
export interface Statistics {
  /** When they were read, ISO 8601. */
  readonly readAt: string;
  /** By `schema.table`. */
  readonly tables: Readonly<Record<string, TableStatistics>>;
}

/** Reads statistics: `pg_class`, `pg_stat_user_tables` and sizes, nothing of the rows. */
export async function readStatistics(query: Query): Promise<Statistics> {
  const rows = await query<TableStatistics & { name: string }>(
    `select n.nspname || '.' || c.relname as name, case when c.relkind <> 'p' and pg_relation_size(c.oid) = 0 then 0
        when c.reltuples >= 0 then greatest(c.reltuples, s.n_live_tup)
        -- Never analyzed: a guess by its size, and never none.
        else greatest(s.n_live_tup, pg_relation_size(c.oid) / 100, 1) end::float8 as rows,
      pg_table_size(c.oid)::float8 as bytes, pg_indexes_size(c.oid)::float8 as "indexBytes",
      coalesce(s.seq_scan + coalesce(s.idx_scan, 0), 0) / since.seconds as "readsPerSecond",
      coalesce(s.n_tup_ins + s.n_tup_upd + s.n_tup_del, 0) / since.seconds as "writesPerSecond"
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      left join pg_stat_user_tables s on s.relid = c.oid
      cross join (select greatest(extract(epoch from now() - coalesce(stats_reset, pg_postmaster_start_time())), 1)::float8 as seconds
        from pg_stat_database where datname = current_database()) since
      where c.relkind in ('r', 'm', 'p') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_toast'
      order by 1`,
  );
  return { readAt: new Date().toISOString(), tables: Object.fromEntries(rows.map(({ name, ...one }) => [name, one])) };
}

// Bytes a second on a disk of a cloud: what a scan reads, what a rewrite writes, and what an index build sorts.
const scanRate = 400e6;
const rewriteRate = 80e6;
const buildRate = 120e6;

/** How long the work of a finding takes, in seconds. */
function secondsOf({ work }: Finding, { bytes, indexBytes }: TableStatistics): number {
  if (work === "scan") return bytes / scanRate;
  if (work === "build") return bytes / scanRate + bytes / buildRate;
  return work === "rewrite" ? bytes / rewriteRate + indexBytes / buildRate : 0;
}

/**
 * Weighs a finding by how long others would wait: up to a tenth of a second under the lock is a note, up to a second,
 * or ten waiting statements, a warning; what loses rows weighs less where there are none. Without statistics of its
 * table a finding speaks as if that were large.
 */
export function weigh(finding: Finding, statistics: Statistics | undefined): Finding {
  const table = finding.table === undefined ? undefined : statistics?.tables[finding.table];
  if (!table) return finding;
  const size = `${count(table.rows)} rows`;
  if (finding.work === undefined) {
    const loses = /^(drop-table|drop-column|truncate|unfiltered-dml)$/.test(finding.rule) && table.rows === 0;
    return loses ? { ...finding, severity: lower(finding.severity), message: `${finding.message} (${size})` } : finding;
  }
  const seconds = secondsOf(finding, table);
  const waiting =
    seconds * (blocksReads(finding) ? table.readsPerSecond + table.writesPerSecond : table.writesPerSecond);
  const level = seconds < 0.1 ? 2 : seconds < 1 && waiting < 10 ? 1 : 0;
  const severity = [finding.severity, lower(finding.severity), "note" as const][level] ?? finding.severity;
  const about =
    seconds < 0.1 ? "less than 0.1 s" : `about ${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  return {
    ...finding,
    severity,
    seconds,
    message: `${finding.message}: ${about} (${size}, ${count(table.writesPerSecond)} writes/s)`,
  };
}

const blocksReads = ({ lock }: Finding) =>
  lock !== undefined && lockModes.includes(lock) && blockedBy(lock) === "reads and writes";
const lower = (severity: Severity): Severity => (severity === "error" ? "warning" : "note");

/** `300`, `1.2 k`, `12 M`. */
function count(value: number): string {
  if (value < 1000) return value < 10 && !Number.isInteger(value) ? value.toFixed(1) : String(Math.round(value));
  const [divisor, unit] = value < 1e6 ? [1e3, "k"] : value < 1e9 ? [1e6, "M"] : [1e9, "G"];
  const scaled = value / divisor;
  return `${scaled < 10 ? scaled.toFixed(1) : Math.round(scaled)} ${unit}`;
}

/** Reads a statistics file's text. Throws a `SyntaxError` or `TypeError` for one that is none. */
export function parseStatistics(text: string): Statistics {
  const value = JSON.parse(text) as Partial<Statistics>;
  if (typeof value?.tables !== "object" || value.tables === null) throw new TypeError('it has no "tables"');
  return { readAt: value.readAt ?? "", tables: value.tables };
}
