import type { Query } from "@thedata/catalog";
import { lastPart, unquote } from "@thedata/catalog/sql";
import type { Schema } from "../schema/schema.ts";
import type { RecordedParameter, RecordedStatement } from "../contract/contract.ts";
import type { SentStatement } from "./recorder.ts";

/**
 * What a statement needs, as the server sees it: the types of its parameters, its relations and the columns that it
 * names. Undefined where the server does not take it. Needs an open transaction, and leaves nothing behind.
 */
export async function readStatement(
  query: Query,
  sent: SentStatement,
  schema: Schema,
): Promise<RecordedStatement | undefined> {
  const { name, operation, table, sql, values, assumed = false } = sent;
  const types = await inferTypes(query, sql);
  if (!types) return undefined;
  const listed = await findReferences(query, withoutStars(sql), types);
  const { columns, relations, functions } = listed ??
    (await findReferences(query, sql, types)) ?? { columns: [], relations: [], functions: [] };
  const forColumns = parameterColumns(sql, table, schema);
  const parameters = types.map((type, index): RecordedParameter => {
    const column = forColumns.get(index + 1) ?? null;
    return { column, type, value: column === null ? asText(values[index]) : null };
  });
  const [writes, returns] = table === null ? [[], []] : [writtenBy(sql), returnedBy(sql)];
  const conflict = conflictOf(sql);
  // For ON CONFLICT the server notes every column of the table, as it knows them by the name `excluded`.
  const named = conflict ? columns.filter((column) => sql.includes(`"${unquote(lastPart(column))}"`)) : columns;
  return {
    name,
    operation,
    table,
    sql,
    parameters,
    columns: named,
    writes,
    returns,
    relations,
    functions,
    conflict,
    assumed,
  };
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
    await query("set local search_path = ''");
    const called = await query<{ name: string }>(findFunctions);
    return {
      functions: called.map(({ name }) => name),
      columns: [...new Set(rows.flatMap(({ relation, column }) => (column === null ? [] : [`${relation}.${column}`])))],
      relations: [...new Set(rows.map(({ relation }) => relation))],
    };
  } catch {
    return undefined;
  } finally {
    await query("rollback to savepoint referenced");
  }
}

// With an empty search_path PostgreSQL writes the functions' names as the catalog does.
const findFunctions = `select d.refobjid::regprocedure::text as name
  from pg_depend d join pg_proc p on p.oid = d.refobjid
 where d.classid = 'pg_proc'::regclass and d.objid = 'pg_temp.recorded'::regproc and d.refclassid = 'pg_proc'::regclass
   and p.pronamespace <> 'pg_catalog'::regnamespace
 order by 1`;

/** `select "a0".*, …` names no column: what it takes, it takes as it comes. */
function withoutStars(sql: string): string {
  return sql.replace(/"[a-z]\d+"\.\*/g, "null");
}

/** The columns that parameters are for, by their numbers; of the statements that MikroORM itself makes. */
function parameterColumns(sql: string, table: string | null, schema: Schema): Map<number, string> {
  const found = new Map<number, string>();
  if (table === null) return found;
  const note = (number: string | undefined, column = "") => {
    const known = schema.columnOf(table, unquote(column));
    if (known) found.set(Number(number), known.name);
  };
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
  if (listed !== undefined) return listed.split(", ").map(unquote);
  const [, set = ""] = /^update .*? set (.*?)(?: where |$)/s.exec(sql) ?? [];
  return [...set.matchAll(/("(?:[^"]|"")+") = /g)].map(([, column = ""]) => unquote(column));
}

/** The columns that RETURNING lists. */
function returnedBy(sql: string): string[] {
  const [, listed = ""] = / returning (.*)$/s.exec(sql) ?? [];
  return [...listed.matchAll(/(?:^|, )("(?:[^"]|"")+")/g)].map(([, column = ""]) => unquote(column));
}

function conflictOf(sql: string): string[] | null {
  const [, columns] = / on conflict \(([^)]*)\)/.exec(sql) ?? [];
  return columns === undefined ? null : columns.split(", ").map(unquote);
}

function asText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
