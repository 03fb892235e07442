import type { Catalog, Query } from "@thedata/catalog";
import type { Contract } from "../contract/contract.ts";
import { releaseName } from "../contract/parse-contract.ts";
import type { Finding } from "../judge/finding.ts";
import { itemFindings, mayBeNull, nullFinding, type PairSubject, unknownItems } from "../judge/pair.ts";
import { arrange } from "../schema/arrange.ts";
import { readAll } from "./reads.ts";

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
      const values = [...rows.values()].flatMap((row) => (column.column in row ? [row[column.column]] : []));
      return judgeValues({ writer, written, table, column, now }, values);
    });
  });
}

function judgeValues(subject: PairSubject, values: readonly unknown[]): Finding[] {
  const { writer, column } = subject;
  const texts = values.flat().filter((value) => typeof value === "string");
  const unknown = [...new Set(unknownItems(subject, texts))].toSorted().slice(0, 3);
  const isNull = `${column.property} is null in rows of ${releaseName(writer)}, and takes no null`;
  const isUnknown = `${column.property} does not know ${unknown.join(", ")}, which rows of ${releaseName(writer)} have`;
  return [
    ...(values.includes(null) && mayBeNull(subject) ? [nullFinding(subject, isNull)] : []),
    ...(unknown.length > 0 ? itemFindings(subject, isUnknown) : []),
  ];
}
