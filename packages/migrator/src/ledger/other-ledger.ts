import { escapeIdentifier } from "pg";
import type { Query } from "../postgres/connection.ts";
import { type LedgerTable, qualified } from "./tables.ts";

/**
 * Finds a table elsewhere in the database that records migrations of this history as MikroORM does: the configuration
 * may name another one. Gives `schema.table`; undefined where there is none.
 */
export async function findOtherLedger(
  query: Query,
  ledger: LedgerTable,
  names: readonly string[],
): Promise<string | undefined> {
  const tables = await query<LedgerTable>(
    `select n.nspname as schema, c.relname as table from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and has_table_privilege(c.oid, 'select') and n.nspname !~ '^(pg_|information_schema$)'
        and 2 = (select count(*) from pg_attribute where attrelid = c.oid and attname in ('name', 'executed_at'))
        and c.oid is distinct from to_regclass($1)
      order by 1, 2`,
    [qualified(ledger)],
  );
  for (const { schema, table } of tables) {
    const place = `${escapeIdentifier(schema)}.${escapeIdentifier(table)}`;
    const recorded = await query(`select from ${place} where name = any ($1) limit 1`, [names]).catch(() => []);
    if (recorded.length > 0) return `${schema}.${table}`;
  }
  return undefined;
}

/** Says that the migrations are recorded in another table than the configured one, and what to do. */
export function describeOtherLedger(found: string, ledger: LedgerTable): string {
  return `The database records migrations of this history in ${found}, and the configured ledger ${ledger.schema}.${ledger.table} is not there: set ledger: "${found}" in the configuration`;
}
