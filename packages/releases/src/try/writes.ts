import type { Catalog, Query } from "@thedata/catalog";
import type { Contract, ContractTable, Operation, RecordedStatement } from "../contract/contract.ts";
import type { Finding } from "../judge/finding.ts";
import { arrange, type ArrangedSchema } from "../schema/arrange.ts";
import { changedStatements } from "./explain.ts";
import { refusalOf } from "./refusal.ts";
import {
  keyOf,
  type Outcome,
  parameterColumns,
  readRows,
  runSamples,
  type Sample,
  sampleOf,
  type TextRow,
} from "./sample.ts";
import { findOther } from "./same-value.ts";
import { valuesAt } from "./values.ts";

/** More rows would show the same again. */
const most = 4;

/**
 * What a release may send about the rows that are there, by its own statements: each row written and searched again, and
 * each column with the values of another row and with those at which it may fail. Of it counts what works on the
 * release's own schema.
 */
export async function readSamples(query: Query, contract: Contract, catalog: Catalog): Promise<Sample[]> {
  const [atHead, now] = [arrange(contract.schema), arrange(catalog)];
  const samples: Sample[] = [];
  for (const table of contract.tables.filter((one) => now.table(one.table) && atHead.table(one.table))) {
    const rows = await readRows(query, table, now, most);
    const key = keyOf(now, table.table);
    const own = contract.statements.filter((one) => one.table === table.table && one.operation !== "read");
    samples.push(...own.flatMap((one) => samplesOf(one, { table, atHead, key, rows })));
  }
  return samples;
}

interface Given {
  readonly table: ContractTable;
  readonly atHead: ArrangedSchema;
  readonly key: readonly string[];
  readonly rows: readonly TextRow[];
}

function samplesOf(statement: RecordedStatement, { table, atHead, key, rows }: Given): Sample[] {
  const again = rows.map((row, index) => sampleOf(statement, key, row, rows[(index + 1) % rows.length]));
  const [first] = rows;
  const named = statement.operation === "filter" ? parameterColumns(statement) : statement.writes;
  const atEnds = table.columns
    .filter(({ column }) => first && named.includes(column) && !key.includes(column))
    .flatMap((column) => {
      const type = atHead.resolve(atHead.typeOf(table.table, column.column));
      const values = valuesAt(column, type).filter((value) => value !== null || statement.operation !== "filter");
      return values.map((value) => {
        const row = { ...first, [column.column]: value };
        return sampleOf(statement, key, statement.operation === "update" ? { ...first } : row, row);
      });
    });
  return [...again, ...atEnds].filter((one) => one !== undefined);
}

/** A sample, and what came of it on the release's own schema and on another one; undefined: there was no room. */
export interface Tried {
  readonly sample: Sample;
  readonly own: Outcome | undefined;
  readonly other: Outcome | undefined;
}

/** The samples of statements over what has changed. */
export function changedSamples<Of extends { readonly sample: Sample }>(
  samples: readonly Of[],
  contract: Contract,
  catalog: Catalog,
): Of[] {
  const changed = new Set(changedStatements(contract, catalog));
  return samples.filter(({ sample }) => changed.has(sample.statement));
}

/** What each statement meets on the other schema: all of its samples fail, or some; they write or find something else. */
export function describeTried(tried: readonly Tried[], contract: Contract, catalog: Catalog): Finding[] {
  // An update of a row that is gone works, and says nothing.
  const says = ({ operation }: RecordedStatement, row: unknown) => row || ["delete", "filter"].includes(operation);
  const counted = tried.filter(
    ({ sample, own, other }) => other && own && !own.error && says(sample.statement, own.row),
  );
  return [...Map.groupBy(counted, ({ sample }) => sample.statement)].flatMap(([statement, ran]) => [
    ...describeErrors(statement, ran),
    ...describeOthers(statement, ran, { contract, catalog }),
  ]);
}

function describeErrors(statement: RecordedStatement, ran: readonly Tried[]): Finding[] {
  const errors = ran.flatMap(({ other }) => other?.error ?? []);
  const [first] = errors;
  if (!first) return [];
  const isAll = errors.length === ran.length;
  return [
    refusalOf(statement, first, isAll ? { verdict: "breaks" } : { verdict: "depends", more: ", with some values" }),
  ];
}

interface Between {
  readonly contract: Contract;
  readonly catalog: Catalog;
}

function describeOthers(statement: RecordedStatement, ran: readonly Tried[], between: Between): Finding[] {
  const { name, operation, table } = statement;
  const columns = between.contract.tables.find((one) => one.table === table)?.columns ?? [];
  const working = ran.filter(({ other }) => other && !other.error);
  const others = working
    .map(({ own, other }) => findOther(own?.row, other?.row, columns))
    .filter((one) => one !== undefined);
  const [first] = others;
  if (first === undefined) return [];
  const [searched = null] = operation === "filter" ? parameterColumns(statement) : [];
  const column = first === "" ? searched : first;
  const what = ({ filter: "find", delete: "delete" } as Partial<Record<Operation, string>>)[operation] ?? "write";
  const message = `${name} ${first === "" ? `does not ${what} its row` : `writes another value to ${first}`}`;
  const verdict = hasKeptType(statement, column, between)
    ? "unknown"
    : others.length === working.length
      ? "wrong"
      : "depends";
  return [{ verdict, operation, table, column, sqlState: null, message }];
}

/** Where the type is as it was, a migration has written the value, or a trigger does. */
function hasKeptType({ table }: RecordedStatement, column: string | null, { contract, catalog }: Between): boolean {
  const [had, has] = [arrange(contract.schema), arrange(catalog)].map((one) => one.typeOf(table ?? "", column ?? ""));
  return had === has;
}

/** Runs samples on the schema that is there. */
export async function runAll(query: Query, samples: readonly Sample[]) {
  const outcomes = await runSamples(query, samples);
  return samples.map((sample, index) => ({ sample, outcome: outcomes[index] }));
}
