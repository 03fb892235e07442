import type { Contract, ContractTable, Operation, RecordedStatement } from "../contract/contract.ts";
import type { Finding } from "./finding.ts";
import type { Schema } from "./schema.ts";

/** A table of a release, between the schema that it was made for and the one that it meets. */
export interface Subject {
  readonly contract: Contract;
  readonly table: ContractTable;
  readonly atHead: Schema;
  readonly now: Schema;
}

/** The statements that write rows of the subject's table; a relation's own table has one that stands for MikroORM's. */
export function writersOf({ contract, table }: Subject): readonly RecordedStatement[] {
  const own = contract.statements.filter(
    (statement) => statement.table === table.table && ["insert", "upsert", "update"].includes(statement.operation),
  );
  return own.length > 0 ? own : [standIn(table)];
}

function standIn({ table, columns }: ContractTable): RecordedStatement {
  const names = columns.map(({ column }) => `${table}.${column}`);
  return {
    name: `insert into ${table}`,
    operation: "insert",
    table,
    sql: "",
    parameters: [],
    columns: names,
    writes: names,
    relations: [table],
    conflict: null,
  };
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
