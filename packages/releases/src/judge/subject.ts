import type { Contract, ContractTable, Operation, RecordedStatement } from "../contract/contract.ts";
import type { Finding } from "./finding.ts";
import { fillsItself, isNotNull, shortName } from "../schema/schema.ts";
import type { ArrangedSchema } from "../schema/arrange.ts";

/** A table of a release, between the schema that it was made for and the one that it meets. */
export interface Subject {
  readonly contract: Contract;
  readonly table: ContractTable;
  readonly atHead: ArrangedSchema;
  readonly now: ArrangedSchema;
  readonly side: Side;
}

/** Whether the schema that a release meets comes after the one that it was made for, or before it. */
export type Side = "later" | "earlier";

/**
 * The statements that write rows of the subject's table; a relation's own table has some that stand for MikroORM's, and
 * so has one whose insert could not be recorded.
 */
export function writersOf(subject: Subject): readonly RecordedStatement[] {
  const { contract, table } = subject;
  const own = contract.statements.filter(
    (statement) => statement.table === table.table && ["insert", "upsert", "update"].includes(statement.operation),
  );
  const isRecorded = own.some(({ operation }) => operation === "insert");
  if (own.length > 0) return isRecorded || !mayInsert(subject) ? own : [...own, standIn(table)];
  return (["insert", "update", "upsert"] as const).map((operation) => ({ ...standIn(table), operation }));
}

/** False where the release maps not all that a row needs: no program makes one. */
function mayInsert({ table, atHead }: Subject): boolean {
  const isMapped = (name: string) => table.columns.some(({ column }) => column === name);
  return atHead.columns(table.table).every((one) => !isNotNull(one) || fillsItself(one) || isMapped(shortName(one)));
}

/** A relation's own table gets a row when an entity is made, and when its collection changes. */
function standIn({ table, columns }: ContractTable): RecordedStatement {
  const names = columns.filter(({ readOnly }) => !readOnly).map(({ column }) => column);
  return {
    name: `insert into ${table}`,
    operation: "insert",
    table,
    sql: "",
    parameters: [],
    columns: [],
    writes: names,
    returns: [],
    relations: [table],
    functions: [],
    conflict: null,
    assumed: false,
  };
}

/** True for a column that came later and has no default: the release leaves it out, and it is null in its rows. */
export function isLeftNull({ table: { table }, atHead, now }: Subject, column: string): boolean {
  const has = now.columnOf(table, column);
  return has !== undefined && !fillsItself(has) && !atHead.columnOf(table, column);
}

/** The finding of a table's column. */
export function findingOf(
  { table: { table } }: Subject,
  operation: Operation,
  fit: { readonly verdict: Finding["verdict"]; readonly sqlState?: string | null },
  column: string | null,
  message: string,
): Finding {
  return { verdict: fit.verdict, operation, table, column, sqlState: fit.sqlState ?? null, message };
}
