import type { Catalog } from "@thedata/catalog";
import type { Contract, ContractColumn, ContractTable } from "../contract/contract.ts";
import { releaseName } from "../contract/parse-contract.ts";
import { readValueSet } from "./checks.ts";
import { type Finding, sortFindings } from "./finding.ts";
import { fillsItself, isNotNull, type Schema, toSchema } from "../schema/schema.ts";

/**
 * What `reader` meets in rows that `writer` writes, where both run on one schema: null where the reader takes none,
 * and values that it does not know. Pure.
 */
export function judgePair(writer: Contract, reader: Contract, catalog: Catalog): Finding[] {
  if (writer.digest === reader.digest) return [];
  const now = toSchema(catalog);
  const findings = reader.tables.flatMap((table) => {
    const written = writer.tables.find((one) => one.table === table.table);
    return written ? table.columns.flatMap((column) => judgeColumn({ writer, written, table, column, now })) : [];
  });
  return sortFindings(findings);
}

interface Subject {
  readonly writer: Contract;
  /** The table as the writer maps it. */
  readonly written: ContractTable;
  /** The table and the column as the reader maps them. */
  readonly table: ContractTable;
  readonly column: ContractColumn;
  readonly now: Schema;
}

function judgeColumn(subject: Subject): Finding[] {
  return [...judgeNull(subject), ...judgeItems(subject)];
}

function judgeNull({ writer, written, table, column, now }: Subject): Finding[] {
  const there = now.columnOf(table.table, column.column);
  if (!there || column.nullable || isNotNull(there)) return [];
  const mapped = written.columns.find((one) => one.column === column.column);
  const mayBeNull = mapped ? mapped.nullable : !fillsItself(there);
  if (!mayBeNull) return [];
  const message = `${column.property} may be null in rows of ${releaseName(writer)}, and takes no null`;
  return [{ verdict: "wrong", operation: "read", table: table.table, column: column.column, sqlState: null, message }];
}

function judgeItems({ writer, written, table, column, now }: Subject): Finding[] {
  if (!column.items) return [];
  const there = now.columnOf(table.table, column.column);
  const mapped = written.columns.find((one) => one.column === column.column);
  if (!there || !mapped) return [];
  const known = new Set(column.items);
  const fresh = (mapped.items ?? ["any text"]).filter(
    (item) => !known.has(item) && isAllowed(now, table.table, column.column, item),
  );
  if (fresh.length === 0) return [];
  const message = `${column.property} does not know ${fresh.join(", ")}, which ${releaseName(writer)} writes`;
  const verdict = column.otherItems === "refused" ? "breaks" : "wrong";
  const finding = { table: table.table, column: column.column, sqlState: null, message };
  const read = { ...finding, verdict, operation: "read" } as const;
  return column.otherItems === "not saved" ? [read, { ...finding, verdict: "breaks", operation: "update" }] : [read];
}

/** True where neither a check nor the type of the column refuses the value. */
function isAllowed(now: Schema, table: string, column: string, item: string): boolean {
  const { values } = now.resolve(String(now.columnOf(table, column)?.properties["type"]));
  const sets = now
    .of("constraint", table)
    .map(({ properties }) => readValueSet(String(properties["definition"]).replace(/ NOT VALID$/, "")))
    .filter((set) => set?.column === column);
  return (!values || values.includes(item)) && sets.every((set) => set?.values.includes(item));
}
