import { auditStatements } from "./audit.ts";
import type { Connection, Query } from "../postgres/connection.ts";
import { inTransaction } from "../postgres/transaction.ts";
import { progressStatement } from "./progress.ts";
import { explainLedgerError } from "./ledger.ts";
import { backfillStatement } from "./backfills.ts";
import { releaseStatements } from "./releases.ts";
import {
  type LedgerTable,
  auditTable,
  backfillTable,
  defaultLedger,
  progressTable,
  qualified,
  releaseTable,
  verdictTable,
} from "./tables.ts";

const addedColumns = {
  checksum: "text",
  duration_ms: "double precision",
  applied_by: "text",
  applied_from: "text",
  tool_version: "text",
  run_id: "text",
  undo: "jsonb",
  undo_transactional: "boolean",
  undo_losses: "jsonb",
  undo_position: "int",
  undo_digest: "text",
  undo_signature: "text",
};

/**
 * The statements that create the ledger and its tables, or complete a ledger of the stock CLI. Send them under the
 * lock.
 */
export function ledgerStatements(ledger: LedgerTable = defaultLedger): string[] {
  const table = qualified(ledger);
  const columns = Object.entries(addedColumns).map(([name, type]) => `add column if not exists ${name} ${type}`);
  return [
    `create table if not exists ${table} (id serial primary key, name varchar(255) not null, executed_at timestamptz not null default current_timestamp)`,
    `alter table ${table} ${columns.join(", ")}`,
    closeToOthers(table),
    ...auditStatements(ledger),
    closeToOthers(qualified(auditTable(ledger))),
    progressStatement(ledger),
    closeToOthers(qualified(progressTable(ledger))),
    openToReaders(qualified(progressTable(ledger)), table),
  ];
}

/** Default privileges may have given the application's role rights on a new table: only the migrator writes here. */
function closeToOthers(table: string): string {
  const literal = table.replaceAll("'", "''");
  return `do $$ declare grantee text; begin
  for grantee in
    select distinct case a.grantee when 0 then 'public' else a.grantee::regrole::text end
      from pg_class c, aclexplode(c.relacl) a
     where c.oid = '${literal}'::regclass and a.grantee <> c.relowner and a.privilege_type <> 'SELECT'
  loop
    execute 'revoke insert, update, delete, truncate, references, trigger on ${literal} from ' || grantee;
  end loop;
end $$`;
}

/** A role that reads the ledger, such as a readiness probe's, must see half-done migrations too. */
function openToReaders(table: string, ledger: string): string {
  const [literal, read] = [table, ledger].map((name) => name.replaceAll("'", "''"));
  return `do $$ declare grantee text; begin
  for grantee in
    select distinct case a.grantee when 0 then 'public' else a.grantee::regrole::text end
      from pg_class c, aclexplode(c.relacl) a
     where c.oid = '${read}'::regclass and a.grantee <> c.relowner and a.privilege_type = 'SELECT'
  loop
    execute 'grant select on ${literal} to ' || grantee;
  end loop;
end $$`;
}

/** Creates the table of backfills, with the rights that the other tables have. */
export async function ensureBackfillTable(session: Connection, ledger: LedgerTable): Promise<void> {
  await ensureTables(session, ledger, [backfillTable(ledger)], [backfillStatement(ledger)]);
}

/** Creates the tables of releases and verdicts, with the rights that the other tables have. */
export async function ensureReleaseTables(session: Connection, ledger: LedgerTable): Promise<void> {
  await ensureTables(session, ledger, [releaseTable(ledger), verdictTable(ledger)], releaseStatements(ledger));
}

async function ensureTables(
  session: Connection,
  ledger: LedgerTable,
  tables: readonly LedgerTable[],
  statements: readonly string[],
): Promise<void> {
  const names = tables.map(qualified);
  const [found] = await session.query<{ there: boolean }>(
    "select bool_and(to_regclass(name) is not null) as there from unnest($1::text[]) as name",
    [names],
  );
  if (found?.there) return;
  await inTransaction(session, async () => {
    for (const statement of statements) await session.query(statement);
    for (const name of names) {
      await session.query(closeToOthers(name));
      await session.query(openToReaders(name, qualified(ledger)));
    }
  });
}

/**
 * Creates or completes ledger, audit and progress; costs one query where they are complete. Returns the number of
 * tables that were there before the ledger; 0 where the ledger was there. `beforeNew` may refuse a new one. Throws a `ConfigurationError` where the role
 * may not, or where there is no such schema.
 */
export async function ensureLedger(
  session: Connection,
  ledger: LedgerTable = defaultLedger,
  beforeNew: () => Promise<void> = async () => {},
): Promise<number> {
  const { query } = session;
  const names = Object.keys(addedColumns);
  const [found] = await query<{ columns: number; besides: boolean; there: boolean }>(
    `select to_regclass($1) is not null as there,
            to_regclass($4) is not null and exists
              (select from pg_attribute where attrelid = to_regclass($3) and attname = 'undo_digest' and not attisdropped)
              as besides,
            (select count(*)::int from pg_attribute
              where attrelid = to_regclass($1) and attname = any($2::text[]) and not attisdropped) as columns`,
    [qualified(ledger), names, qualified(auditTable(ledger)), qualified(progressTable(ledger))],
  );
  if (found?.columns === names.length && found.besides) return 0;
  if (!found?.there) await beforeNew();
  const tables = found?.there ? 0 : await countTables(query, ledger);
  // In one transaction: a part of it would look complete to the next run.
  const make = async () => {
    for (const statement of ledgerStatements(ledger)) await query(statement);
  };
  await inTransaction(session, make).catch((error: unknown) => {
    throw explainLedgerError(error, ledger, "made");
  });
  return tables;
}

/** Counts the tables in the search path's first schema and the ledger's, without those of extensions. */
async function countTables(query: Query, { schema }: LedgerTable): Promise<number> {
  const [counted] = await query<{ tables: number }>(
    `select count(*)::int as tables from pg_class c
      where relkind in ('r', 'p') and not relispartition
        and relnamespace in (select oid from pg_namespace where nspname in ((current_schemas(false))[1], $1::name))
        and not exists (select from pg_depend
                         where classid = 'pg_class'::regclass and objid = c.oid and deptype = 'e')`,
    [schema],
  );
  return counted?.tables ?? 0;
}
