import type { Query } from "@thedata/catalog";
import type { RecordedParameter, RecordedStatement } from "../contract/contract.ts";
import type { SentStatement } from "./recorder.ts";

/**
 * What a statement needs, as the server sees it: the types of its parameters, its relations and the columns that it
 * names. Undefined where the server does not take it. Needs an open transaction, and leaves nothing behind.
 */
export async function readStatement(query: Query, sent: SentStatement): Promise<RecordedStatement | undefined> {
  const { name, operation, table, sql, values } = sent;
  const types = await inferTypes(query, sql);
  if (!types) return undefined;
  const listed = await findReferences(query, withoutStars(sql), types);
  const { columns, relations } = listed ?? (await findReferences(query, sql, types)) ?? { columns: [], relations: [] };
  const forColumns = parameterColumns(sql, table);
  const parameters = types.map((type, index): RecordedParameter => {
    const column = forColumns.get(index + 1) ?? null;
    return { column, type, value: column === null ? asText(values[index]) : null };
  });
  const writes = table === null ? [] : writtenBy(sql).map((column) => `${table}.${column}`);
  return { name, operation, table, sql, parameters, columns, writes, relations, conflict: conflictOf(sql) };
}

/** The types of the parameters, as the server infers them. */
async function inferTypes(query: Query, sql: string): Promise<readonly string[] | undefined> {
  await query("savepoint prepared");
  try {
    await query(`prepare recorded as ${sql}`);
    const [row] = await query<{ types: string[] }>(
      "select parameter_types::text[] as types from pg_prepared_statements where name = 'recorded'",
    );
    return row?.types ?? [];
  } catch {
    return undefined;
  } finally {
    await query("rollback to savepoint prepared");
    await query("deallocate all");
  }
}

/**
 * The columns and relations of a statement: the server records them for a function whose body it has parsed (since
 * PostgreSQL 14), those of INSERT, RETURNING and ON CONFLICT too.
 */
async function findReferences(query: Query, sql: string, types: readonly string[]) {
  await query("savepoint referenced");
  try {
    await query(
      `create function pg_temp.recorded(${types.join(", ")}) returns void language sql begin atomic ${sql}; end`,
    );
    const rows = await query<{ relation: string; column: string | null }>(
      `select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as relation, quote_ident(a.attname) as "column"
         from pg_depend d
         join pg_class c on c.oid = d.refobjid and d.refclassid = 'pg_class'::regclass
         join pg_namespace n on n.oid = c.relnamespace
         left join pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid and a.attnum > 0
        where d.classid = 'pg_proc'::regclass and d.objid = 'pg_temp.recorded'::regproc
        order by 1, 2`,
    );
    return {
      columns: [...new Set(rows.flatMap(({ relation, column }) => (column === null ? [] : [`${relation}.${column}`])))],
      relations: [...new Set(rows.map(({ relation }) => relation))],
    };
  } catch {
    return undefined;
  } finally {
    await query("rollback to savepoint referenced");
  }
}

/** `select "a0".*, …` names no column: what it takes, it takes as it comes. */
function withoutStars(sql: string): string {
  return sql.replace(/"[a-z]\d+"\.\*/g, "null");
}

/** The columns that parameters are for, by their numbers; of the statements that MikroORM itself makes. */
function parameterColumns(sql: string, table: string | null): Map<number, string> {
  const found = new Map<number, string>();
  if (table === null) return found;
  const note = (number: string | undefined, column: string | undefined) =>
    found.set(Number(number), `${table}.${unquoted(column ?? "")}`);
  const [, names, rows] = /^insert into [^(]+\(([^)]*)\) values (.*?)(?: on conflict| returning|$)/.exec(sql) ?? [];
  const columns = names?.split(", ") ?? [];
  for (const [row] of rows?.matchAll(/\(([^()]*)\)/g) ?? [])
    for (const [index, value] of row.slice(1, -1).split(", ").entries())
      if (value.startsWith("$")) note(value.slice(1), columns[index]);
  for (const [, column, number] of sql.matchAll(/(?:"\w\d+"\.)?("(?:[^"]|"")+") (?:=|in) \(?\$(\d+)/g))
    note(number, column);
  return found;
}

/** The columns that an INSERT lists or an UPDATE sets. */
function writtenBy(sql: string): string[] {
  const [, listed] = /^insert into [^(]+\(([^)]*)\)/.exec(sql) ?? [];
  if (listed !== undefined) return listed.split(", ").map(unquoted);
  const [, set = ""] = /^update .*? set (.*?)(?: where |$)/s.exec(sql) ?? [];
  return [...set.matchAll(/("(?:[^"]|"")+") = /g)].map(([, column = ""]) => unquoted(column));
}

function unquoted(name: string): string {
  const inner = name.replace(/^"|"$/g, "");
  return /^[a-z_][a-z0-9_$]*$/.test(inner) ? inner : name;
}

function conflictOf(sql: string): string[] | null {
  const [, columns] = / on conflict \(([^)]*)\)/.exec(sql) ?? [];
  return columns === undefined ? null : columns.split(", ").map(unquoted);
}

function asText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
