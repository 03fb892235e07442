import type { Query } from "../postgres/connection.ts";
import { findNodes, namesOf } from "../postgres/parse.ts";
import { type LedgerTable, qualified } from "../ledger/tables.ts";

/** A `CREATE` or `DROP INDEX CONCURRENTLY`, which leaves an invalid index when it is cut off. */
export interface ConcurrentIndex {
  readonly kind: "create" | "drop";
  readonly index: string;
  /** Null: wherever the search path finds the table or index. */
  readonly schema: string | null;
  /** The table of an index that is to be created. */
  readonly table: string | null;
}

/**
 * Reads a `CREATE` or `DROP INDEX CONCURRENTLY`; undefined for any other statement, and for an index without a name.
 */
export async function parseConcurrentIndex(statement: string): Promise<ConcurrentIndex | undefined> {
  if (!/\bconcurrently\b/i.test(statement)) return undefined;
  const [found] = await findNodes(statement, ["IndexStmt", "DropStmt"]);
  if (!found?.node.concurrent) return undefined;
  if (found.kind === "IndexStmt") {
    const { idxname: index, relation } = found.node;
    const place = { schema: relation?.schemaname ?? null, table: relation?.relname ?? null };
    return index === undefined ? undefined : { kind: "create", index, ...place };
  }
  const [object] = found.node.objects ?? [];
  const name = object ? namesOf(object) : [];
  return { kind: "drop", index: name.at(-1) ?? "", schema: name.at(-2) ?? null, table: null };
}

/** An index as the catalog has it. */
export interface FoundIndex {
  readonly schema: string;
  readonly valid: boolean;
}

/** Looks for the index where the statement would make or find it; undefined when it is not there. */
export async function findIndex(
  query: Query,
  { index, schema, table }: ConcurrentIndex,
): Promise<FoundIndex | undefined> {
  // An index is always in its table's schema.
  const [row] = await query<FoundIndex>(
    `select n.nspname as schema, i.indisvalid as valid
       from pg_class c join pg_index i on i.indexrelid = c.oid join pg_namespace n on n.oid = c.relnamespace
      where c.relname = $1
        and case when $2::text is not null then n.nspname = $2
                 when $3::text is not null then i.indrelid = to_regclass(quote_ident($3))
                 else pg_table_is_visible(c.oid) end`,
    [index, schema, table],
  );
  return row;
}

/** Drops the invalid index that a cut-off build left: `IF NOT EXISTS` would skip it as if it were built. */
export async function dropInvalidIndex(query: Query, index: string, { schema }: FoundIndex): Promise<void> {
  await query(`drop index concurrently if exists ${qualified({ schema, table: index } satisfies LedgerTable)}`);
}

/**
 * The invalid indexes that a cut-off build left in the schema, by default in any, as `schema.index`; indexes that are
 * being built now do not count.
 */
export async function findInvalidIndexes(query: Query, schema?: string): Promise<string[]> {
  const rows = await query<{ name: string }>(
    `select n.nspname || '.' || c.relname as name
       from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
      where not i.indisvalid and c.relkind = 'i' and n.nspname = coalesce($1, n.nspname)
        and not exists (select from pg_stat_progress_create_index p where p.index_relid = i.indexrelid)
      order by 1`,
    [schema ?? null],
  );
  return rows.map(({ name }) => name);
}
