import { escapeIdentifier } from "pg";
import type { Connection } from "../postgres/connection.ts";
import { foreignKeys } from "./fill/order.ts";
import { readTables, type Table } from "./fill/read-tables.ts";
import type { LedgerTable } from "../ledger/tables.ts";

/** The rows of a table, each value as text. */
export interface TableContents {
  readonly table: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly default: string | null }[];
  /** The indexes of the primary key's columns in `columns`; empty: there is no primary key. */
  readonly key: readonly number[];
  readonly references: readonly Reference[];
  readonly rows: readonly Row[];
}

/** The values of a row, in the order of the columns. */
export type Row = readonly (string | null)[];

/** A foreign key. */
export interface Reference {
  readonly columns: readonly string[];
  readonly table: string;
  readonly referencedColumns: readonly string[];
}

/** All rows of a database by their tables' names, without the ledger. */
export type Contents = ReadonlyMap<string, TableContents>;

/** Reads every row of every table. */
export async function readContents(connection: Connection, ledger: LedgerTable): Promise<Contents> {
  const { tables } = await readTables(connection.query, ledger);
  const contents = new Map<string, TableContents>();
  for (const table of tables) contents.set(table.name, await readTable(connection, table));
  return contents;
}

async function readTable(
  { client }: Connection,
  { name, partitioned, columns, constraints }: Table,
): Promise<TableContents> {
  const selected = columns.map((column) => `${escapeIdentifier(column.name)}::text`);
  // Tables that inherit from this one are read by themselves.
  const text = `select ${selected.join(", ")} from ${partitioned ? "" : "only "}${name}`;
  const { rows } = await client.query<(string | null)[]>({ rowMode: "array", text });
  const key = constraints.find(({ type }) => type === "primary key")?.columns ?? [];
  return {
    table: name,
    columns: columns.map((column) => ({ name: column.name, type: column.format, default: column.default })),
    key: key.map((one) => columns.findIndex((column) => column.name === one)),
    references: foreignKeys({ constraints }).map(({ columns, references, referencedColumns }) => ({
      columns,
      table: references ?? "",
      referencedColumns,
    })),
    rows,
  };
}

/** Identifies a row by its primary key, or by all its values where there is none. */
export function identify({ key, columns }: TableContents, row: Row): string {
  const identity = key.length > 0 ? key : columns.map((_, index) => index);
  return JSON.stringify(identity.map((index) => [columns[index]?.name, row[index]]));
}

/** The contents with only the rows that `other` has too, or (`has` false) only those that it lacks. */
export function filterRows(contents: Contents, other: Contents, has: boolean): Contents {
  const entries = [...contents].map(([name, table]): [string, TableContents] => {
    const there = other.get(name);
    const known = new Set(there?.rows.map((row) => identifyAs(table, there, row)));
    return [name, { ...table, rows: table.rows.filter((row) => known.has(identify(table, row)) === has) }];
  });
  return new Map(entries);
}

/** Identifies a row of a table at two times in the same way: by its key, else by the columns of both. */
function identifyAs(table: TableContents, there: TableContents, row: Row): string {
  const names =
    table.key.length > 0 ? table.key.map((index) => table.columns[index]?.name) : table.columns.map(({ name }) => name);
  const at = (name: string | undefined) => there.columns.findIndex((column) => column.name === name);
  return JSON.stringify(names.map((name) => [name, row[at(name)]]));
}
