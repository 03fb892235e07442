import type { Contract, Verdict } from "@thedata/releases";
import type { Query } from "../postgres/connection.ts";
import type { Parameterized } from "../postgres/parameterized.ts";
import { explainLedgerError } from "./ledger.ts";
import { type LedgerTable, qualified, releaseTable, verdictTable } from "./tables.ts";

/** A release that the database was told of. */
export interface RecordedRelease {
  readonly package: string;
  readonly version: string;
  readonly digest: string;
  /** The migration that its contract was made at. */
  readonly head: string;
  /** When its support was ended, ISO 8601; null: it was not. */
  readonly retiredAt: string | null;
  /** The database role that ended it. */
  readonly retiredBy: string | null;
}

/** A verdict that came with a migration. */
export interface RecordedVerdict {
  readonly migration: string;
  readonly digest: string;
  readonly verdict: Verdict;
  /** What stands against it, in full sentences. */
  readonly findings: readonly string[];
}

/** The statements that create the tables of releases and verdicts. */
export function releaseStatements(ledger: LedgerTable): string[] {
  return [
    `create table if not exists ${qualified(releaseTable(ledger))} (
  package text not null,
  version text not null,
  digest text not null,
  head text not null,
  contract jsonb not null,
  recorded_at timestamptz not null default clock_timestamp(),
  retired_at timestamptz,
  retired_by text,
  primary key (package, version)
)`,
    `create table if not exists ${qualified(verdictTable(ledger))} (
  migration text not null,
  digest text not null,
  verdict text not null,
  findings jsonb not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (migration, digest)
)`,
  ];
}

/** Reads the releases that the database was told of; none where it was told of none. */
export async function readReleases(query: Query, ledger: LedgerTable): Promise<RecordedRelease[]> {
  return await readOptional<RecordedRelease>(
    query,
    releaseTable(ledger),
    `package, version, digest, head, retired_by as "retiredBy",
     to_char(retired_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "retiredAt"`,
    "order by recorded_at, package, version",
  );
}

/** Reads the verdict of a release after a migration; undefined: the database was not told. */
export async function readRecordedVerdict(
  query: Query,
  ledger: LedgerTable,
  migration: string,
  digest: string,
): Promise<RecordedVerdict | undefined> {
  const condition = "where migration = $1 and digest = $2";
  const columns = "migration, digest, verdict, findings";
  const [row] = await readOptional<RecordedVerdict>(query, verdictTable(ledger), columns, condition, [
    migration,
    digest,
  ]);
  return row;
}

async function readOptional<Row>(
  query: Query,
  table: LedgerTable,
  columns: string,
  rest: string,
  parameters: readonly unknown[] = [],
): Promise<Row[]> {
  const [there] = await query<{ there: boolean }>("select to_regclass($1) is not null as there", [qualified(table)]);
  if (!there?.there) return [];
  return await query<Row>(`select ${columns} from ${qualified(table)} ${rest}`, parameters).catch((error: unknown) => {
    throw explainLedgerError(error, table, "read");
  });
}

/** The statement that records a release. Its contract stays the first one: a version is released once. */
export function releaseInsert(contract: Contract, ledger: LedgerTable): Parameterized {
  const { package: name, version, digest, head } = contract;
  return {
    sql: `insert into ${qualified(releaseTable(ledger))} (package, version, digest, head, contract)
     values ($1, $2, $3, $4, $5) on conflict do nothing`,
    parameters: [name, version, digest, head, JSON.stringify(contract)],
  };
}

/** The statement that records how a release does after a migration. */
export function verdictInsert(
  { migration, digest, verdict, findings }: RecordedVerdict,
  ledger: LedgerTable,
): Parameterized {
  return {
    sql: `insert into ${qualified(verdictTable(ledger))} (migration, digest, verdict, findings)
     values ($1, $2, $3, $4)
     on conflict (migration, digest) do update
       set verdict = excluded.verdict, findings = excluded.findings, recorded_at = clock_timestamp()`,
    parameters: [migration, digest, verdict, JSON.stringify(findings)],
  };
}

/** Ends the support of a release; returns false where the database does not know it, or it has ended before. */
export async function retireRelease(
  query: Query,
  ledger: LedgerTable,
  name: string,
  version: string,
): Promise<boolean> {
  const rows = await query(
    `update ${qualified(releaseTable(ledger))} set retired_at = clock_timestamp(), retired_by = session_user
      where package = $1 and version = $2 and retired_at is null returning version`,
    [name, version],
  );
  return rows.length > 0;
}

/** The sessions of a package's releases that are connected to this database now, by version. */
export async function findSessions(query: Query, name: string): Promise<ReadonlyMap<string, number>> {
  const rows = await query<{ application: string }>(
    `select application_name as application from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and position($1 in application_name) > 0`,
    [`${name}@`],
  );
  const counts = new Map<string, number>();
  for (const { application } of rows) {
    const version = versionIn(application, name);
    if (version !== undefined) counts.set(version, (counts.get(version) ?? 0) + 1);
  }
  return counts;
}

/** The version that stands behind the package's name, where that is a word of its own. */
function versionIn(application: string, name: string): string | undefined {
  const words = application.split(/\s+/).filter((word) => word.startsWith(`${name}@`));
  return words.map((word) => /^\d+\.\d+\.\d+[0-9A-Za-z.+-]*/.exec(word.slice(name.length + 1))?.[0]).find(Boolean);
}
