import type { Connection } from "../../postgres/connection.ts";
import { fillTables, givenFor, type GivenRows, type FillJob } from "./fill-tables.ts";
import { findHints } from "./hints.ts";
import { countRows } from "./read-rows.ts";
import { readTables, type Table, type Types } from "./read-tables.ts";
import type { LedgerTable } from "../../ledger/tables.ts";
import { inTransaction } from "../../postgres/transaction.ts";

export interface FillOptions {
  /** How many rows each table is to have, at least. */
  readonly rows: number;
  readonly given?: GivenRows | undefined;
}

/** The result of filling. */
export interface Filling {
  /** How many rows were made. */
  readonly rows: number;
  /** The tables that have none, each with the reason. */
  readonly empty: readonly { readonly table: string; readonly reason: string }[];
}

/** Fills the tables of a database that have too few rows, or that changed since the last call. */
export type Fill = () => Promise<Filling>;

/** Makes a filler for one database. Its rows satisfy every constraint and are the same in every run. */
export function createFiller(connection: Connection, ledger: LedgerTable, options: FillOptions): Fill {
  const shapes = new Map<string, string>();
  let round = 0;
  return async () => {
    round++;
    const { tables, types } = await readTables(connection.query, ledger);
    const counts = await countRows(connection.query, tables);
    const wanted = new Map(tables.map((table) => [table.name, wantedRows(table, counts, shapes, options)]));
    for (const table of tables) shapes.set(table.name, shapeOf(table));
    const hints = await hintsOfDomains(types);
    const job: FillJob = { connection, types, round, given: options.given, hints, refusals: new Map() };
    const rows = await inTransaction(connection, async () => await fillTables(job, tables, wanted), {
      begin: "begin; set constraints all immediate",
    });
    const after = rows > 0 ? await countRows(connection.query, tables) : counts;
    return { rows, empty: findEmpty(tables, after, job) };
  };
}

async function hintsOfDomains(types: Types): Promise<Map<string, readonly string[]>> {
  const checks = [...new Set([...types.values()].flatMap((type) => type.checks))];
  const found = checks.map(async (check) => [check, (await findHints(check)).flatMap(({ values }) => values)] as const);
  return new Map(await Promise.all(found));
}

function shapeOf({ columns, constraints, bounds }: Table): string {
  return JSON.stringify([columns, constraints, bounds]);
}

function wantedRows(
  table: Table,
  counts: ReadonlyMap<string, number>,
  shapes: ReadonlyMap<string, string>,
  { rows, given }: FillOptions,
): number {
  const wanted = givenFor(table, given)?.length ?? rows;
  const unchanged = shapes.get(table.name) === shapeOf(table);
  return unchanged ? Math.max(0, wanted - (counts.get(table.name) ?? 0)) : wanted;
}

function findEmpty(
  tables: readonly Table[],
  counts: ReadonlyMap<string, number>,
  { refusals }: FillJob,
): Filling["empty"] {
  const empty = tables.filter(({ name }) => counts.get(name) === 0);
  return empty.map(({ name }) => {
    const [first] = [...(refusals.get(name) ?? [])].toSorted(([, a], [, b]) => b - a);
    return { table: name, reason: first?.[0] ?? "none were wanted" };
  });
}
