import type { Query } from "@thedata/catalog";
import { quote, unquote } from "@thedata/catalog/sql";
import type { ContractTable, RecordedStatement } from "../contract/contract.ts";
import type { ArrangedSchema } from "../schema/arrange.ts";
import { columnsOf } from "../schema/schema.ts";
import { attempt } from "./attempt.ts";
import { literalOf } from "./explain.ts";
import type { ServerError } from "./refusal.ts";

/** A statement with the values of a row. */
export interface Sample {
  readonly statement: RecordedStatement;
  readonly sql: string;
  /** Takes the row away before it is inserted again; null: it need not go. */
  readonly makeRoom: string | null;
  /** Reads what was written to the row, as text, or the row that is found or left; null: nobody knows its key. */
  readonly readBack: string | null;
  /** Finds the row by its key: one that is gone cannot be searched. */
  readonly rowExists: string;
  /** The values that are sent, by column, as text. */
  readonly sent: TextRow;
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

/** Some rows of a table, with those of the columns that are there; none where the role may not read it. */
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
  const order = orderOf(schema, table, names, key).map((name) => `${quote(name)}::text collate "C"`);
  const sql = `select ${listed} from ${table} order by ${order.join(", ")} limit ${most}`;
  return (await attempt<TextRow>(query, sql)).rows ?? [];
}

/** The same rows in each run and on each server: what the server makes up, such as keys and times, decides last. */
function orderOf(schema: ArrangedSchema, table: string, names: readonly string[], key: readonly string[]): string[] {
  const isMadeUp = (name: string) =>
    /\(|^current_|^local/i.test(String(schema.columnOf(table, name)?.properties["default"] ?? ""));
  return [...names.filter((name) => !isMadeUp(name)), ...key];
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
  const valueOf = (column: string) => (isSet(column) ? set : row)[column] ?? null;
  const sql = statement.sql.replace(/\$(\d+)/g, (_, number: string) => {
    const { type = "text" } = parameters[Number(number) - 1] ?? {};
    return literalOf(type, valueOf(columns[Number(number) - 1] ?? ""));
  });
  const where = key.map((name) => `${quote(name)} = ${literalOf("text", row[name] ?? null)}`).join(" and ");
  return {
    statement,
    sql,
    sent: Object.fromEntries(columns.map((column) => [column, valueOf(column)])),
    rowExists: `select 1 as there from ${table} where ${where}`,
    makeRoom: operation === "insert" ? `delete from ${table} where ${where}` : null,
    readBack: readsBack(statement, { sql, where, columns, key }),
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
  return `select ${written.map((one) => `${one}::text as ${one}`).join(", ")} from ${table} where ${where}`;
}

/** What came of a sample. */
export interface Outcome {
  readonly error?: ServerError | undefined;
  /** What has been written, or the row that was found or left; undefined: there is none. */
  readonly row?: TextRow | undefined;
}

/** Runs samples, each by itself; undefined: there was no room for its row. Changes nothing, and needs a transaction. */
export async function runSamples(query: Query, samples: readonly Sample[]): Promise<(Outcome | undefined)[]> {
  const outcomes: (Outcome | undefined)[] = [];
  // Each sample shows what it violates, and not the end of the transaction.
  await query("set constraints all immediate; savepoint sampled");
  for (const sample of samples) {
    outcomes.push(await runSample(query, sample));
    await query("rollback to savepoint sampled");
  }
  await query("release savepoint sampled");
  return outcomes;
}

async function runSample(query: Query, sample: Sample): Promise<Outcome | undefined> {
  const { makeRoom, sql, readBack, rowExists, statement } = sample;
  // A relation that is gone, the plan finds.
  const aside = async (other: string) => await query<TextRow>(other).catch(() => undefined);
  if (makeRoom !== null && !(await aside(makeRoom))) return undefined;
  try {
    const found = await query<TextRow>(statement.operation === "filter" && readBack !== null ? readBack : sql);
    if (statement.operation === "filter")
      return found[0] || (await aside(rowExists))?.[0] ? { row: found[0] } : undefined;
  } catch (error) {
    return { error: error as ServerError };
  }
  const rows = readBack === null ? [{}] : await aside(readBack);
  return rows && { row: rows[0] };
}
