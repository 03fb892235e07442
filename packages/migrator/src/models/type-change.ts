import { guardOf, isGuard } from "@thedata/catalog";
import { unquote } from "@thedata/catalog/sql";
import type { Query } from "../postgres/connection.ts";

/** A statement that changes a column's type, taken apart. */
export interface TypeStatement {
  readonly table: string;
  readonly column: string;
  /** Such as `varchar(40)`, with the collation. */
  readonly type: string;
  /** ` using (…)`, or nothing. */
  readonly using: string;
}

const name = String.raw`(?:"(?:[^"]|"")*"|\w+)`;
const pattern = new RegExp(`^alter table (${name}(?:\\.${name})?) alter column (${name}) type (.+?)( using .+)?$`, "s");

/** Parses a statement of MikroORM or the engine; undefined where it changes no type. */
export function readTypeChange(statement: string): TypeStatement | undefined {
  const [, table, column, type = "", using = ""] = pattern.exec(statement) ?? [];
  return table === undefined || column === undefined ? undefined : { table, column, type, using };
}

/**
 * The variants to send, the best first. MikroORM always writes USING with a cast, which cuts values that are too long:
 * the variant without USING comes first, where PostgreSQL refuses such values. A default may prevent the change and is
 * dropped; the next comparison finds the default to set.
 */
export function waysToChange({ table, column, type, using }: TypeStatement): readonly (readonly string[])[] {
  const alter = `alter table ${table} alter column ${column}`;
  const statements = [...new Set([`${alter} type ${type}`, `${alter} type ${type}${using}`])];
  return statements.flatMap((sql) => [[sql], [`${alter} drop default`, sql]]);
}

/**
 * Sends one variant inside a savepoint, after a guard that stops where values would be silently cut or rounded, unless
 * the guard was sent `last`. Returns what was sent: nothing, where the column has this type already.
 */
export async function sendTypeChange(
  query: Query,
  change: TypeStatement,
  way: readonly string[],
  last: string | undefined,
): Promise<readonly string[]> {
  const { table, column } = change;
  const from = await readColumn(query, change);
  for (const sql of way) await query(sql);
  const to = await readColumn(query, change);
  if (from.type === to.type && from.collation === to.collation) {
    await query("rollback to savepoint statement");
    return [];
  }
  const guard = guardOf({ table, column, from: from.type, to: to.type, toEnum: to.enum });
  if (guard === undefined || isGuard(last)) return way;
  await query("rollback to savepoint statement");
  const sent = [...way.slice(0, -1), guard, ...way.slice(-1)];
  for (const sql of sent) await query(sql);
  return sent;
}

interface ReadColumn {
  readonly type: string;
  readonly collation: string;
  readonly enum: boolean;
}

async function readColumn(query: Query, { table, column }: TypeStatement): Promise<ReadColumn> {
  const [found] = await query<ReadColumn>(
    `select format_type(a.atttypid, a.atttypmod) as type, a.attcollation::text as collation, t.typtype = 'e' as enum
      from pg_attribute a join pg_type t on t.oid = a.atttypid where a.attrelid = $1::regclass and a.attname = $2`,
    [table, unquote(column)],
  );
  return found ?? { type: "", collation: "", enum: false };
}
