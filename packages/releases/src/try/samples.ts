import type { Catalog, Query } from "@thedata/catalog";
import { arrange, type ArrangedSchema } from "../schema/arrange.ts";
import { type Finding, sortFindings } from "../judge/finding.ts";
import type { Contract, ContractTable, RecordedStatement } from "../contract/contract.ts";
import { quote, unquote } from "@thedata/catalog/sql";
import { columnsOf } from "../schema/schema.ts";
import { changedStatements, literalOf } from "./explain.ts";
import { refusalOf, type ServerError } from "./refusal.ts";

/** A statement that writes, with the values of a row: it worked on the schema that its release was made for. */
export interface Sample {
  readonly statement: RecordedStatement;
  /** What makes room for it: the row goes before it is inserted again. Null: nothing need go. */
  readonly before: string | null;
  readonly sql: string;
}

/** The values of a table's rows, by the row's key. */
export type SampledRows = ReadonlyMap<string, Readonly<Record<string, string | null>>>;

/** What a release wrote and read on its own schema. */
export interface Samples {
  readonly writes: readonly Sample[];
  /** By table. */
  readonly rows: ReadonlyMap<string, SampledRows>;
}

const most = 8;

/**
 * Writes each row of a release's tables again by its own statements, on the schema that it was made for, and keeps what
 * works and what the rows hold. Needs an open transaction, and changes nothing.
 */
export async function takeSamples(query: Query, contract: Contract): Promise<Samples> {
  const atHead = arrange(contract.schema);
  const rows = new Map<string, SampledRows>();
  const writes: Sample[] = [];
  for (const table of contract.tables.filter((one) => atHead.table(one.table) && keyOf(atHead, one).length > 0)) {
    const found = await readRows(query, table, keyOf(atHead, table));
    rows.set(table.table, found);
    for (const statement of contract.statements.filter((one) => one.table === table.table && isWrite(one)))
      for (const sample of samplesOf(statement, table, keyOf(atHead, table), [...found.values()]))
        if (!(await fails(query, sample))) writes.push(sample);
  }
  return { writes, rows };
}

/** Writes the samples again on a schema that has changed, and compares the rows that are still there. */
export async function trySamples(
  query: Query,
  contract: Contract,
  catalog: Catalog,
  samples: Samples,
): Promise<Finding[]> {
  const changed = new Set(changedStatements(contract, catalog));
  const findings = await tryWrites(
    query,
    samples.writes.filter(({ statement }) => changed.has(statement)),
  );
  const now = arrange(catalog);
  const atHead = arrange(contract.schema);
  for (const table of contract.tables) {
    const before = samples.rows.get(table.table);
    if (before && now.table(table.table)) findings.push(...(await compareRows(query, { table, before, atHead, now })));
  }
  return sortFindings(findings);
}

const isWrite = ({ operation }: RecordedStatement) => ["insert", "upsert", "update", "delete"].includes(operation);

function keyOf(schema: ArrangedSchema, { table }: ContractTable): string[] {
  const key = schema.of("constraint", table).find(({ properties }) => properties["type"] === "primary key");
  return key ? columnsOf(key) : [];
}

async function readRows(query: Query, { table, columns }: ContractTable, key: readonly string[]): Promise<SampledRows> {
  const names = columns.map(({ column }) => column);
  const listed = names.map((name) => `${quote(name)}::text as ${quote(name)}`).join(", ");
  const order = key.map(quote).join(", ");
  const found = await query<Record<string, string | null>>(
    `select ${listed} from ${table} order by ${order} limit ${most}`,
  );
  return new Map(found.map((row) => [JSON.stringify(key.map((name) => row[name])), row]));
}

/** The statement with the values of each row; an update gets those of the next row, so that something changes. */
function samplesOf(
  statement: RecordedStatement,
  { table }: ContractTable,
  key: readonly string[],
  rows: readonly Readonly<Record<string, string | null>>[],
): Sample[] {
  const columns = statement.parameters.map(({ column }) => column?.slice(table.length + 1));
  if (columns.some((column) => column === undefined)) return [];
  return rows.map((row, index) => {
    const next = rows[(index + 1) % rows.length] ?? row;
    const isSet = (column: string) => statement.operation === "update" && statement.writes.includes(column);
    const sql = statement.sql.replace(/\$(\d+)/g, (_, number: string) => {
      const parameter = statement.parameters[Number(number) - 1];
      const column = unquote(columns[Number(number) - 1] ?? "");
      const value = (isSet(column) ? next : row)[column] ?? null;
      return literalOf(parameter?.type ?? "text", value);
    });
    const where = key.map((name) => `${quote(name)} = ${literalOf("text", row[name] ?? null)}`).join(" and ");
    return { statement, sql, before: statement.operation === "insert" ? `delete from ${table} where ${where}` : null };
  });
}

/** The error of a sample; undefined: it works, or its row cannot be made room for. */
async function fails(query: Query, { before, sql }: Sample): Promise<ServerError | undefined> {
  await query("savepoint sampled");
  let isReady = false;
  try {
    if (before !== null) await query(before);
    isReady = true;
    await query(sql);
    return undefined;
  } catch (error) {
    return isReady || (error as ServerError).code === "42P01" ? (error as ServerError) : unready;
  } finally {
    await query("rollback to savepoint sampled");
  }
}

const unready: ServerError = new Error("no room");

/** The failures by statement: all of its samples fail, or some. */
async function tryWrites(query: Query, writes: readonly Sample[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [statement, samples] of Map.groupBy(writes, (one) => one.statement)) {
    const errors = [];
    for (const sample of samples) errors.push(await fails(query, sample));
    const tried = errors.filter((error) => error !== unready);
    const failed = tried.filter((error) => error !== undefined);
    const [first] = failed;
    if (!first) continue;
    const isAll = failed.length === tried.length;
    const sentence = isAll ? {} : { more: ", with the values of some rows" };
    findings.push(refusalOf(statement, first, { verdict: isAll ? "breaks" : "depends", ...sentence }));
  }
  return findings;
}

interface Compared {
  readonly table: ContractTable;
  readonly before: SampledRows;
  readonly atHead: ArrangedSchema;
  readonly now: ArrangedSchema;
}

/** Values that rows of before hold no longer, where the column has kept its type. */
async function compareRows(query: Query, { table, before, atHead, now }: Compared): Promise<Finding[]> {
  const typeOf = (schema: ArrangedSchema, column: string) => schema.columnOf(table.table, column)?.properties["type"];
  const kept = table.columns.filter(
    ({ column }) => typeOf(now, column) !== undefined && typeOf(now, column) === typeOf(atHead, column),
  );
  const key = keyOf(now, table);
  if (key.length === 0 || !key.every((name) => kept.some(({ column }) => column === name))) return [];
  const rows = await readRows(query, { ...table, columns: kept }, key);
  return kept.flatMap(({ column, property }): Finding[] => {
    const isOther = [...before].some(([one, row]) => rows.has(one) && rows.get(one)?.[column] !== row[column]);
    if (!isOther) return [];
    const name = now.columnOf(table.table, column)?.name;
    const message = `${property} reads other values from rows of before: ${name} was written by the migration`;
    return [{ verdict: "unknown", operation: "read", table: table.table, column, sqlState: null, message }];
  });
}
