import type { Query } from "@thedata/catalog";
import { quote, unquote } from "@thedata/catalog/sql";
import type { ContractTable, RecordedStatement } from "../contract/contract.ts";
import type { ArrangedSchema } from "../schema/arrange.ts";
import { columnsOf } from "../schema/schema.ts";
import { literalOf } from "./explain.ts";
import type { ServerError } from "./refusal.ts";

/** A statement with the values of a row. */
export interface Sample {
  readonly statement: RecordedStatement;
  /** What makes room for it: the row goes before it is inserted again. Null: nothing need go. */
  readonly before: string | null;
  readonly sql: string;
  /** Reads what has been written to the row, or the row itself where the statement finds it; null: nobody knows its key. */
  readonly after: string | null;
  /** Finds the row by its key: one that is gone cannot be searched. */
  readonly there: string;
}

/** A row's values as text. */
export type TextRow = Readonly<Record<string, string | null>>;

/** A row as the driver gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** The columns of a table's primary key, by their own names; empty: there is none. */
export function keyOf(schema: ArrangedSchema, table: string): string[] {
  const key = schema.of("constraint", table).find(({ properties }) => properties["type"] === "primary key");
  return key ? columnsOf(key) : [];
}

/** The first rows of a table by its key, with those of the columns that are there. */
export async function readRows(
  query: Query,
  { table, columns }: ContractTable,
  schema: ArrangedSchema,
  most: number,
): Promise<TextRow[]> {
  const names = columns.map(({ column }) => column).filter((column) => schema.columnOf(table, column));
  const key = keyOf(schema, table);
  if (key.length === 0 || !key.every((name) => names.includes(name))) return [];
  const listed = names.map((name) => `${quote(name)}::text as ${quote(name)}`).join(", ");
  // The same rows on every server, whatever its collation.
  const order = key.map((name) => `${quote(name)}::text collate "C"`).join(", ");
  return await query<TextRow>(`select ${listed} from ${table} order by ${order} limit ${most}`);
}

/**
 * A statement with the values of a row; what it sets comes from `set`. Undefined where it has a parameter of which
 * nobody knows the column, or the row has no such value.
 */
export function sampleOf(
  statement: RecordedStatement,
  key: readonly string[],
  row: TextRow,
  set: TextRow = row,
): Sample | undefined {
  const { operation, table, parameters, writes } = statement;
  const columns = parameterColumns(statement);
  if (columns.some((column) => !(column in row))) return undefined;
  const isSet = (column: string) => operation === "update" && writes.includes(column);
  const sql = statement.sql.replace(/\$(\d+)/g, (_, number: string) => {
    const column = columns[Number(number) - 1] ?? "";
    const { type = "text" } = parameters[Number(number) - 1] ?? {};
    return literalOf(type, (isSet(column) ? set : row)[column] ?? null);
  });
  const where = key.map((name) => `${quote(name)} = ${literalOf("text", row[name] ?? null)}`).join(" and ");
  return {
    statement,
    sql,
    before: operation === "insert" ? `delete from ${table} where ${where}` : null,
    there: `select 1 as there from ${table} where ${where}`,
    after: readsBack(statement, { sql, where, columns, key }),
  };
}

/** The columns of a statement's parameters, by their own names; empty: nobody knows it. */
export function parameterColumns({ table, parameters }: RecordedStatement): string[] {
  return parameters.map(({ column }) => unquote(column?.slice((table?.length ?? 0) + 1) ?? ""));
}

interface Sent {
  readonly sql: string;
  readonly where: string;
  /** The columns of the parameters. */
  readonly columns: readonly string[];
  readonly key: readonly string[];
}

function readsBack({ operation, table, writes }: RecordedStatement, { sql, where, columns, key }: Sent): string | null {
  if (operation === "filter") return `select 1 as found from (${sql}) found where ${where}`;
  if (operation === "delete") return `select 1 as left from ${table} where ${where}`;
  if (operation === "insert" && !key.every((name) => columns.includes(name))) return null;
  const written = columns.filter((column) => writes.includes(column)).map(quote);
  return `select ${written.join(", ")} from ${table} where ${where}`;
}

/** What came of a sample. */
export interface Outcome {
  readonly error?: ServerError | undefined;
  /** What has been written, or the row that was found or left; undefined: there is none. */
  readonly row?: Row | undefined;
}

/** Runs samples, each by itself; undefined: there was no room for its row. Changes nothing, and needs a transaction. */
export async function runSamples(query: Query, samples: readonly Sample[]): Promise<(Outcome | undefined)[]> {
  const outcomes: (Outcome | undefined)[] = [];
  await query("savepoint sampled");
  for (const sample of samples) {
    outcomes.push(await runSample(query, sample));
    await query("rollback to savepoint sampled");
  }
  await query("release savepoint sampled");
  return outcomes;
}

async function runSample(query: Query, { before, sql, after, there, statement }: Sample): Promise<Outcome | undefined> {
  // A relation that is gone, the plan finds.
  const aside = async (other: string) => await query<Row>(other).catch(() => undefined);
  if (before !== null && !(await aside(before))) return undefined;
  try {
    const found = await query<Row>(statement.operation === "filter" && after !== null ? after : sql);
    if (statement.operation === "filter") return found[0] || (await aside(there))?.[0] ? { row: found[0] } : undefined;
  } catch (error) {
    return { error: error as ServerError };
  }
  const rows = after === null ? [{}] : await aside(after);
  return rows && { row: rows[0] };
}
