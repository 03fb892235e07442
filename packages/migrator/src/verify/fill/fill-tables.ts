import type { Connection } from "../../postgres/connection.ts";
import { boundHints } from "./bounds.ts";
import { closeCircle } from "./circle.ts";
import type { DrawnRow, Source } from "./draw.ts";
import { findHints } from "./hints.ts";
import { insertRows } from "./insert-rows.ts";
import { spread, type Hint } from "./neighbours.ts";
import { foreignKeys, inOrderOfReferences } from "./order.ts";
import { createRandom } from "./random.ts";
import { readKeys } from "./read-rows.ts";
import type { Table, Types } from "./read-tables.ts";

/** Rows that the user gives, by table; values of missing columns are made. */
export type GivenRows = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

/** What filling all tables once shares. */
export interface FillJob {
  readonly connection: Connection;
  readonly types: Types;
  /** The number of the filling; another one gives other rows. */
  readonly round: number;
  readonly given: GivenRows | undefined;
  /** Values that domains' checks hint at, by the check's expression. */
  readonly hints: ReadonlyMap<string, readonly string[]>;
  /** Why rows were refused, by table: each reason and how often. */
  readonly refusals: Map<string, ReadonlyMap<string, number>>;
}

/** Inserts the wanted rows into each table, as far as possible, and returns how many. */
export async function fillTables(
  job: FillJob,
  tables: readonly Table[],
  wanted: ReadonlyMap<string, number>,
): Promise<number> {
  const ordered = inOrderOfReferences(tables);
  const left = new Map(wanted);
  const pass = async (share: number) => {
    let made = 0;
    for (const table of ordered) {
      const missing = left.get(table.name) ?? 0;
      const rows = await fillTable(job, table, Math.ceil(missing * share), (wanted.get(table.name) ?? 0) - missing);
      left.set(table.name, missing - rows);
      made += rows;
    }
    return made;
  };
  // Half of the rows first: the others can refer to rows of tables that come later, and to rows of their own table.
  let rows = await pass(0.5);
  const open = ordered.filter(({ name }) => (left.get(name) ?? 0) > 0 && left.get(name) === wanted.get(name));
  rows += await closeCircle(job.connection, open, async (table) => await createSource(job, table));
  for (let made = await pass(1); made > 0; made = await pass(1)) rows += made;
  return rows;
}

/** Makes rows for one table; `done` says how many it got before. */
async function fillTable(job: FillJob, table: Table, missing: number, done: number): Promise<number> {
  if (missing === 0) return 0;
  const source = await createSource(job, table, done);
  const given = givenFor(table, job.given);
  const prepare = (row: number): Source => ({ ...source, fixed: fixedValues(table, given?.[done + row]) });
  const { rows, refusals } = await insertRows(job.connection, missing, prepare);
  job.refusals.set(table.name, refusals);
  return rows;
}

/** The given rows of a table, found by its name with the schema or, in `public`, without. */
export function givenFor({ name }: Table, given: GivenRows = {}): GivenRows[string] | undefined {
  return given[name] ?? given[name.replace(/^public\./, "")];
}

function fixedValues({ columns }: Table, given: Readonly<Record<string, unknown>> = {}): DrawnRow {
  const there = Object.entries(given).filter(([name]) => columns.some((column) => column.name === name));
  return new Map(there.map(([name, value]) => [name, asText(value)]));
}

function asText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === "object" && !(value instanceof Date)
    ? JSON.stringify(value)
    : value instanceof Date
      ? value.toISOString()
      : String(value);
}

async function createSource(job: FillJob, table: Table, done = 0): Promise<Source> {
  const keys = new Map<string, string[][]>();
  for (const key of foreignKeys(table)) keys.set(key.name, await readKeys(job.connection, key));
  return {
    table,
    types: job.types,
    random: createRandom(`${table.name} ${job.round} ${done}`),
    hints: await hintsOf(table),
    domainHints: (check) => job.hints.get(check) ?? [],
    keys,
    fixed: new Map(),
    required: new Set(),
  };
}

async function hintsOf({ constraints, bounds }: Table): Promise<Map<string, Hint>> {
  const expressions = constraints.flatMap(({ expression }) => (expression === null ? [] : [expression]));
  const hints = [...(await Promise.all(expressions.map(findHints))).flat(), ...boundHints(bounds)];
  return new Map(spread(hints).map((hint) => [hint.column, hint]));
}
