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

/** A column that one release writes and another reads. */
export interface PairSubject {
  readonly writer: Contract;
  /** The table as the writer maps it. */
  readonly written: ContractTable;
  /** The table and the column as the reader maps them. */
  readonly table: ContractTable;
  readonly column: ContractColumn;
  readonly now: Schema;
}

function judgeColumn(subject: PairSubject): Finding[] {
  return [...judgeNull(subject), ...judgeItems(subject)];
}

function judgeNull(subject: PairSubject): Finding[] {
  const { writer, table, column, now } = subject;
  const there = now.columnOf(table.table, column.column);
  if (!there || isNotNull(there) || !mayBeNull(subject)) return [];
  return [nullFinding(subject, `${column.property} may be null in rows of ${releaseName(writer)}, and takes no null`)];
}

/** True where the writer may leave or write null, and the reader takes none. */
export function mayBeNull({ written, table, column, now }: PairSubject): boolean {
  const there = now.columnOf(table.table, column.column);
  const mapped = mappedBy(written, column);
  return !column.nullable && (mapped ? mapped.nullable : there !== undefined && !fillsItself(there));
}

const mappedBy = ({ columns }: ContractTable, { column }: ContractColumn) =>
  columns.find((one) => one.column === column);

function judgeItems(subject: PairSubject): Finding[] {
  const { writer, written, table, column, now } = subject;
  const mapped = mappedBy(written, column);
  if (!mapped || !now.columnOf(table.table, column.column)) return [];
  const unknown = unknownItems(subject, mapped.items ?? ["any text"]);
  const allowed = unknown.filter((item) => isAllowed(now, table.table, column.column, item));
  if (allowed.length === 0) return [];
  const message = `${column.property} does not know ${allowed.join(", ")}, which ${releaseName(writer)} writes`;
  return itemFindings(subject, message);
}

/** The values, of those that a column has, that the writer may write and the reader does not know. */
export function unknownItems({ written, column }: PairSubject, values: readonly string[]): string[] {
  const mapped = mappedBy(written, column);
  if (!column.items || !mapped) return [];
  const known = new Set(column.items);
  return values.filter((item) => !known.has(item) && (!mapped.items || mapped.items.includes(item)));
}

/** The finding of null that comes back to who takes none. */
export function nullFinding({ table, column }: PairSubject, message: string): Finding {
  return { verdict: "wrong", operation: "read", table: table.table, column: column.column, sqlState: null, message };
}

/** The findings of values that come back to who does not know them: MikroORM may refuse to save such an entity, too. */
export function itemFindings({ table, column }: PairSubject, message: string): Finding[] {
  const finding = { table: table.table, column: column.column, sqlState: null, message };
  const read = {
    ...finding,
    verdict: column.otherItems === "refused" ? "breaks" : "wrong",
    operation: "read",
  } as const;
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
