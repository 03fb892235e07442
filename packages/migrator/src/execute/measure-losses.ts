import { quote } from "@thedata/catalog/sql";
import type { Removed } from "../plan/find-removed.ts";
import type { Query } from "../postgres/connection.ts";

/** More rows are not counted: that there are many is enough to know, and counting all takes long. */
const most = 1000;

/**
 * Says what there is to lose: `reports (12 rows)`, `users.role (3 values)`. Nothing where a table is empty, or a column
 * holds only null or its default, or is generated.
 */
export async function measureLosses(query: Query, removed: readonly Removed[]): Promise<string[]> {
  const losses: string[] = [];
  for (const one of removed)
    for (const place of await findPlaces(query, one)) {
      const count = await countOf(query, place);
      if (count > 0) losses.push(`${place.label} (${describeCount(count, place.column === null ? "row" : "value")})`);
    }
  return [...new Set(losses)];
}

/** A table or column that is there. */
interface Place {
  /** Quoted for SQL. */
  readonly table: string;
  readonly column: string | null;
  /** For people. */
  readonly label: string;
  /** A default that is the same for all rows, as SQL. */
  readonly default: string | null;
  /** The column's type. */
  readonly type: string | null;
}

async function findPlaces(query: Query, { schema, table, column }: Removed): Promise<Place[]> {
  const name = [schema, table]
    .filter((part) => part !== null)
    .map(quote)
    .join(".");
  const rows = await query<Place>(
    `select format('%I.%I', n.nspname, c.relname) as table, quote_ident(a.attname) as column,
            concat_ws('.', nullif(n.nspname, 'public'), c.relname, a.attname) as label,
            pg_get_expr(d.adbin, d.adrelid) as default, format_type(a.atttypid, a.atttypmod) as type
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       left join pg_attribute a on a.attrelid = c.oid and a.attname = $3 and a.attnum > 0 and not a.attisdropped
       left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
      where case when $2::text is null then n.nspname = $1::text else c.oid = to_regclass($4) end
        and c.relkind in ('r', 'p') and ($2::text is not null or not c.relispartition)
        and ($3::text is null or a.attgenerated = '') order by 1`,
    [schema, table, column, name],
  );
  return rows.map((row) => ({ ...row, default: isConstant(row.default) ? row.default : null }));
}

/** False for what may differ from row to row, as a function's value does; a type's digits are in brackets, too. */
function isConstant(expression: string | null): boolean {
  const left = (expression ?? "(").replaceAll(/'(?:[^']|'')*'|::[\w\s."]+\(\d+(?:,\d+)?\)/g, "");
  return !/\(|\b(?:current|local|session|user)/i.test(left.replaceAll(/\(-?[\d.]+\)/g, ""));
}

async function countOf(query: Query, { table, column, type, default: byDefault }: Place): Promise<number> {
  const differs = byDefault === null ? "" : ` and ${column}::text is distinct from (${byDefault})::${type}::text`;
  const where = column === null ? "" : ` where ${column} is not null${differs}`;
  const [row] = await query<{ count: number }>(
    `select count(*)::int as count from (select from ${table}${where} limit ${most + 1}) found`,
  );
  return row?.count ?? 0;
}

function describeCount(count: number, unit: string): string {
  if (count > most) return `more than ${most.toLocaleString("en")} ${unit}s`;
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
