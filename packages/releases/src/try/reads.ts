import type { Catalog, Query } from "@thedata/catalog";
import type { Contract, ContractColumn, ContractTable, RecordedStatement } from "../contract/contract.ts";
import type { Finding } from "../judge/finding.ts";
import { arrange } from "../schema/arrange.ts";
import { attempt } from "./attempt.ts";
import { changedStatements } from "./changed-statements.ts";
import { isForeign, kindOf } from "./driver-values.ts";
import { keyOf, type Row } from "./rows.ts";
import { isSameValue } from "./same-value.ts";

/** What a release's statement that finds all rows of a table gave, by the rows' keys. */
export interface Reading {
  readonly statement: RecordedStatement;
  readonly table: ContractTable;
  readonly rows: ReadonlyMap<string, Row>;
}

/** Reads the tables of a release by its own statements. Needs an open transaction. */
export async function readAll(query: Query, contract: Contract): Promise<Reading[]> {
  const atHead = arrange(contract.schema);
  const readings: Reading[] = [];
  for (const table of contract.tables) {
    const key = keyOf(atHead, table.table);
    if (key.length === 0) continue;
    for (const statement of contract.statements.filter((one) => findsAll(one, table))) {
      // A statement that fails, the plan finds.
      const { rows } = await attempt<Row>(query, statement.sql);
      if (rows) readings.push({ statement, table, rows: new Map(rows.map((row) => [nameOf(row, key), row])) });
    }
  }
  return readings;
}

/** True for a statement that reads the rows of a table alone; of others, only the plan is looked at. */
function findsAll(
  { operation, table, parameters, relations }: RecordedStatement,
  { table: own }: ContractTable,
): boolean {
  return operation === "read" && table === own && parameters.length === 0 && relations.length === 1;
}

const nameOf = (row: Row, key: readonly string[]) => JSON.stringify(key.map((name) => String(row[name])));

/** Reads the same rows again on a schema that has changed, and compares what comes back. */
export async function tryReads(
  query: Query,
  contract: Contract,
  catalog: Catalog,
  before: readonly Reading[],
): Promise<Finding[]> {
  const [atHead, now] = [arrange(contract.schema), arrange(catalog)];
  const changed = changedStatements(contract, catalog);
  const readings = await readAll(query, contract);
  return before.flatMap(({ statement, table, rows }) => {
    const found = readings.find((one) => one.statement === statement)?.rows;
    if (!found) return [];
    const kept = [...rows].flatMap(([name, one]) => {
      const row = found.get(name);
      return row ? [{ before: one, now: row }] : [];
    });
    const isKept = (column: string) => atHead.typeOf(table.table, column) === now.typeOf(table.table, column);
    return [
      ...(kept.length < rows.size
        ? [findingOf(table, null, "unknown", `Rows of ${table.table} come back no more`)]
        : []),
      ...(changed.has(statement) ? judgeUnmapped(table, kept) : []),
      ...table.columns.flatMap((column) => compareColumn(table, column, kept, isKept(column.column))),
    ];
  });
}

/** What does not come back, or by another type than the property takes; of the statements over what has changed. */
export async function findForeign(query: Query, contract: Contract, catalog: Catalog): Promise<Finding[]> {
  const changed = changedStatements(contract, catalog);
  return (await readAll(query, contract))
    .filter(({ statement }) => changed.has(statement))
    .flatMap(({ statement, table, rows }) =>
      table.columns.flatMap((column) => judgeAlone(statement, table, column, [...rows.values()])),
    );
}

/** The columns of tables that come back by types which the properties do not take, on the schema that is there. */
export async function foreignColumns(query: Query, contract: Contract): Promise<ReadonlySet<string>> {
  const all = (await readAll(query, contract)).flatMap(({ statement, table, rows }) =>
    table.columns.flatMap((column) => judgeAlone(statement, table, column, [...rows.values()])),
  );
  return new Set(all.map(({ table, column }) => `${table} ${column}`));
}

function judgeAlone(
  { sql }: RecordedStatement,
  table: ContractTable,
  column: ContractColumn,
  rows: readonly Row[],
): Finding[] {
  const isAbsent = sql.includes(".*") && rows.some((row) => !isIn(row, column));
  if (isAbsent) return [findingOf(table, column.column, "wrong", `${column.property} does not come back`)];
  const foreign = rows.find((row) => isForeign(row[column.column], column.accepts));
  if (!foreign) return [];
  const kind = kindOf(foreign[column.column]);
  return [findingOf(table, column.column, "wrong", `${column.property} comes back as ${kind}, which it does not take`)];
}

/** MikroORM also takes a column of the property's own name. */
function isIn(row: Row, { column, property }: ContractColumn): boolean {
  return column in row || property.slice(property.indexOf(".") + 1) in row;
}

function findingOf(
  { table }: ContractTable,
  column: string | null,
  verdict: Finding["verdict"],
  message: string,
): Finding {
  return { verdict, operation: "read", table, column, sqlState: null, message };
}

interface Pair {
  readonly before: Row;
  readonly now: Row;
}

/** MikroORM puts a column into the property of its name. */
function judgeUnmapped(table: ContractTable, pairs: readonly Pair[]): Finding[] {
  const added = table.unmapped.filter((name) => pairs.some((pair) => name in pair.now && !(name in pair.before)));
  return added.map((name) => findingOf(table, name, "wrong", `A column comes back that the property ${name} takes`));
}

function compareColumn(table: ContractTable, one: ContractColumn, pairs: readonly Pair[], isKept: boolean): Finding[] {
  const { column, property, accepts } = one;
  const [first] = pairs;
  // Classes of one table map columns that not all of them read, and the driver gives some types as text.
  if (!first || !(column in first.before) || pairs.some((pair) => isForeign(pair.before[column], accepts))) return [];
  if (!(column in first.now)) return [findingOf(table, column, "wrong", `${property} does not come back`)];
  const foreign = pairs.find((pair) => isForeign(pair.now[column], accepts, pair.before[column]));
  if (foreign) {
    const [then, now] = [kindOf(foreign.before[column]), kindOf(foreign.now[column])];
    return [findingOf(table, column, "wrong", `${property} comes back as ${now}, not ${then}`)];
  }
  const other = pairs.filter((pair) => !isSameValue(pair.before[column], pair.now[column]));
  if (other.length === 0) return [];
  const message = `${property} reads other values from rows of before`;
  // Where the type is as it was, the migration has written them.
  const verdict = isKept ? "unknown" : other.length === pairs.length ? "wrong" : "depends";
  return [findingOf(table, column, verdict, message)];
}
