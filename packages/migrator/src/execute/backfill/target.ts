import { splitList, unquote } from "@thedata/catalog/sql";
import { RefusedError } from "../../errors.ts";
import type { Backfill } from "../../history/backfill.ts";
import type { Query } from "../../postgres/connection.ts";

/** A backfill's table as it is in the database at hand. */
export interface Target {
  /** The key's column, and its type as SQL names it. */
  readonly key: string;
  readonly type: string;
  /** The table's rows as the server estimates them; null: unknown. */
  readonly estimate: number | null;
}

interface Found {
  readonly table: boolean;
  readonly estimate: number | null;
  readonly primary: readonly string[];
  readonly type: string | null;
  readonly notNull: boolean;
  readonly indexed: boolean;
}

/** Finds the column by which a backfill's batches are cut. Throws a `RefusedError` where there is none that fits. */
export async function findTarget(query: Query, migration: string, { table, key, set }: Backfill): Promise<Target> {
  const primary = await readPrimaryKey(query, table);
  const column = key ?? (primary?.length === 1 ? primary[0] : undefined);
  const refuse = (what: string) => new RefusedError(`${migration}: ${what}`);
  if (primary === undefined) throw refuse(`there is no table ${table} to fill`);
  if (column === undefined)
    throw refuse(
      `${table} has no primary key of one column: name a column in backfill.key that is NOT NULL and first in an index`,
    );
  if (assigns(set, column)) throw refuse(`backfill.set changes ${column}, by which its batches are cut`);
  const found = await readColumn(query, table, column);
  if (!found?.type) throw refuse(`${table} has no column ${column}, which backfill.key names`);
  if (!found.notNull)
    throw refuse(`${table}.${column} may be null, and rows without a key would be left out: name another key`);
  if (!found.indexed)
    throw refuse(
      `${table}.${column} is first in no index, so that each batch would read the whole table: create one before`,
    );
  return { key: column, type: found.type, estimate: found.estimate };
}

/** True where the assignments change the column. */
function assigns(set: string, column: string): boolean {
  return splitList(set).some((one) => {
    const names = one.slice(0, one.indexOf("=")).replaceAll(/[()]/g, " ").split(",");
    return names.some((name) => unquote(name.trim()) === column);
  });
}

async function readPrimaryKey(query: Query, table: string): Promise<readonly string[] | undefined> {
  const [row] = await query<Pick<Found, "table" | "primary">>(
    `select c.oid is not null as table,
            array(select a.attname::text from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
                   where i.indrelid = c.oid and i.indisprimary) as primary
       from (select to_regclass($1) as name) n left join pg_class c on c.oid = n.name and c.relkind in ('r', 'p')`,
    [table],
  );
  return row?.table ? row.primary : undefined;
}

async function readColumn(query: Query, table: string, column: string): Promise<Found | undefined> {
  const [row] = await query<Found>(
    `select format_type(a.atttypid, a.atttypmod) as type, a.attnotnull and not exists (select from pg_constraint k where k.conrelid = a.attrelid and k.contype = 'n'
                                and a.attnum = any (k.conkey) and not k.convalidated) as "notNull",
            exists (select from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am m on m.oid = c.relam
                     where i.indrelid = a.attrelid and i.indkey[0] = a.attnum and m.amname = 'btree'
                       and i.indisvalid and i.indpred is null) as indexed,
            (select case when sum(greatest(c.reltuples, 0)) > 0 then sum(greatest(c.reltuples, 0))::float8 end
               from pg_class c where c.oid = a.attrelid or c.oid in (select relid from pg_partition_tree(a.attrelid) where isleaf)) as estimate
       from pg_attribute a where a.attrelid = to_regclass($1) and a.attname = $2 and a.attnum > 0 and not a.attisdropped`,
    [table, column],
  );
  return row;
}

/** True where the table has at most so many rows that one statement may change them. */
export async function isSmall(query: Query, { table }: Backfill, limit: number): Promise<boolean> {
  await query("set row_security = off");
  const [row] = await query<{ rows: number }>(
    `select count(*)::int as rows from (select from ${table} limit ${limit + 1}) first`,
  );
  await query("reset row_security");
  return (row?.rows ?? 0) <= limit;
}
