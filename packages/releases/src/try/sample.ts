import { quote, unquote } from "@thedata/catalog/sql";
import type { RecordedStatement } from "../contract/contract.ts";
import { literalOf } from "./literal.ts";
import type { TextRow } from "./rows.ts";

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
