import type { Catalog, Query } from "@thedata/catalog";
import type { Contract, ContractColumn, ContractTable, RecordedStatement } from "../contract/contract.ts";
import type { Finding } from "../judge/finding.ts";
import { arrange } from "../schema/arrange.ts";
import { changedStatements } from "./explain.ts";
import { isForeign, isSameValue, kindOf } from "./same-value.ts";
import { keyOf, type Row } from "./sample.ts";

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
      const rows = await readOne(query, statement);
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

async function readOne(query: Query, { sql }: RecordedStatement): Promise<Row[] | undefined> {
  await query("savepoint read");
  try {
    return await query<Row>(sql);
  } catch {
    // The plan says so.
    return undefined;
  } finally {
    await query("rollback to savepoint read");
  }
}

/** Reads the same rows again on a schema that has changed, and compares what comes back. */
export async function tryReads(
  query: Query,
  contract: Contract,
  catalog: Catalog,
  before: readonly Reading[],
): Promise<Finding[]> {
  const [atHead, now] = [arrange(contract.schema), arrange(catalog)];
  const changed = new Set(changedStatements(contract, catalog));
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

/** What does not come back, or by another type, on a schema from before a release's own. */
export async function tryEarlyReads(query: Query, contract: Contract, catalog: Catalog): Promise<Finding[]> {
  const changed = new Set(changedStatements(contract, catalog));
  return (await readAll(query, contract))
    .filter(({ statement }) => changed.has(statement))
    .flatMap(({ statement, table, rows }) =>
      table.columns.flatMap((column) => {
        const found = [...rows.values()];
        const isAbsent = statement.sql.includes(".*") && found.some((row) => !isIn(row, column));
        if (isAbsent) return [findingOf(table, column.column, "wrong", `${column.property} does not come back`)];
        return judgeKind(table, column, found, () => "what the property takes");
      }),
    );
}

/** MikroORM also takes a column of the property's own name. */
function isIn(row: Row, { column, property }: ContractColumn): boolean {
  return column in row || property.slice(property.indexOf(".") + 1) in row;
}

/** A finding of what is read. */
export function findingOf(
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

/** A column that comes back by another JavaScript type than the property takes. */
function judgeKind(
  table: ContractTable,
  { column, property, accepts }: ContractColumn,
  rows: readonly Row[],
  wanted: () => string,
): Finding[] {
  const foreign = rows.find((row) => isForeign(row[column], accepts));
  if (!foreign) return [];
  return [findingOf(table, column, "wrong", `${property} comes back as ${kindOf(foreign[column])}, not ${wanted()}`)];
}

function compareColumn(table: ContractTable, one: ContractColumn, pairs: readonly Pair[], isKept: boolean): Finding[] {
  const { column, property, accepts } = one;
  const [first] = pairs;
  // Classes of one table map columns that not all of them read, and the driver gives some types as text.
  if (!first || !(column in first.before) || pairs.some((pair) => isForeign(pair.before[column], accepts))) return [];
  if (!(column in first.now)) return [findingOf(table, column, "wrong", `${property} does not come back`)];
  const wanted = () => kindOf(pairs.find((pair) => pair.before[column] !== null)?.before[column]);
  const foreign = judgeKind(
    table,
    one,
    pairs.map(({ now }) => now),
    wanted,
  );
  if (foreign.length > 0) return foreign;
  const other = pairs.filter((pair) => !isSameValue(pair.before[column], pair.now[column]));
  if (other.length === 0) return [];
  const message = `${property} reads other values from rows of before`;
  // Where the type is as it was, the migration has written them.
  const verdict = isKept ? "unknown" : other.length === pairs.length ? "wrong" : "depends";
  return [findingOf(table, column, verdict, message)];
}
