import { escapeIdentifier } from "pg";
import type { Connection, Query } from "../../postgres/connection.ts";
import type { Constraint, Table } from "./read-tables.ts";

/** How many rows each table has. */
export async function countRows(query: Query, tables: readonly Table[]): Promise<Map<string, number>> {
  if (tables.length === 0) return new Map();
  const counts = tables.map(({ name }, index) => `select ${index} as index, count(*)::int as rows from ${from(name)}`);
  const rows = await query<{ index: number; rows: number }>(counts.join(" union all "));
  return new Map(rows.map(({ index, rows }) => [tables[index]?.name ?? "", rows]));
}

/**
 * The rows of a table without those of tables that inherit from it; a partitioned table's with those of its partitions.
 */
function from(name: string): string {
  return `(select from ${name} where tableoid = '${name.replaceAll("'", "''")}'::regclass or (select relkind = 'p' from pg_class where oid = '${name.replaceAll("'", "''")}'::regclass)) as rows`;
}

/** The keys that a foreign key may refer to, at most 50. */
export async function readKeys(
  { client }: Connection,
  { references, referencedColumns }: Constraint,
): Promise<string[][]> {
  const columns = referencedColumns.map((name) => `${escapeIdentifier(name)}::text`);
  const { rows } = await client.query<string[]>({
    rowMode: "array",
    text: `select * from (select ${columns.map((column, index) => `${column} as k${index}`).join(", ")} from ${references}) as keys
      where keys is not null order by ${columns.map((_, index) => `k${index} collate "C"`).join(", ")} limit 50`,
  });
  return rows;
}
