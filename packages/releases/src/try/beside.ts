import type { Catalog, Query } from "@thedata/catalog";
import type { Contract, ContractColumn, ContractTable } from "../contract/contract.ts";
import { releaseName } from "../contract/parse-contract.ts";
import type { Finding } from "../judge/finding.ts";
import { arrange, type ArrangedSchema } from "../schema/arrange.ts";
import { fillsItself } from "../schema/schema.ts";
import { findingOf, readAll } from "./reads.ts";
import type { Row } from "./sample.ts";

/**
 * Reads rows that `writer` may have written by the statements of `reader`: what it takes no null for, and values that it
 * does not know. Needs an open transaction.
 */
export async function tryBeside(
  query: Query,
  writer: Contract,
  reader: Contract,
  catalog: Catalog,
): Promise<Finding[]> {
  const now = arrange(catalog);
  return (await readAll(query, reader)).flatMap(({ table, rows }) => {
    const written = writer.tables.find((one) => one.table === table.table);
    if (!written) return [];
    return table.columns.flatMap((column) => {
      const values = [...rows.values()].filter((row) => column.column in row).map((row: Row) => row[column.column]);
      return judgeValues({ writer, written, table, column, now }, values);
    });
  });
}

interface Subject {
  readonly writer: Contract;
  /** The table as the writer maps it. */
  readonly written: ContractTable;
  /** The table and the column as the reader maps them. */
  readonly table: ContractTable;
  readonly column: ContractColumn;
  readonly now: ArrangedSchema;
}

function judgeValues(subject: Subject, values: readonly unknown[]): Finding[] {
  const { writer, table, column } = subject;
  const isNull = values.includes(null) && !column.nullable && mayBeNull(subject);
  const none = `${column.property} is null in rows of ${releaseName(writer)}, and takes no null`;
  const foreign = findForeign(subject, values);
  return [
    ...(isNull ? [findingOf(table, column.column, "wrong", none)] : []),
    ...(foreign.length > 0 ? judgeForeign(subject, foreign) : []),
  ];
}

function mayBeNull({ written, table, column, now }: Subject): boolean {
  const mapped = written.columns.find((one) => one.column === column.column);
  const there = now.columnOf(table.table, column.column);
  return mapped ? mapped.nullable : there !== undefined && !fillsItself(there);
}

/** The values that the writer knows and the reader does not. */
function findForeign({ written, column }: Subject, values: readonly unknown[]): string[] {
  const mapped = written.columns.find((one) => one.column === column.column);
  const known = new Set(column.items);
  if (!column.items || !mapped) return [];
  const all = values.flat().filter((value) => typeof value === "string");
  const foreign = all.filter((value) => !known.has(value) && (!mapped.items || mapped.items.includes(value)));
  return [...new Set(foreign)].toSorted().slice(0, 3);
}

function judgeForeign({ writer, table, column }: Subject, foreign: readonly string[]): Finding[] {
  const message = `${column.property} does not know ${foreign.join(", ")}, which rows of ${releaseName(writer)} have`;
  const read = findingOf(table, column.column, column.otherItems === "refused" ? "breaks" : "wrong", message);
  return column.otherItems === "not saved" ? [read, { ...read, verdict: "breaks", operation: "update" }] : [read];
}
