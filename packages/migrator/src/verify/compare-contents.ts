import type { Contents, Row, TableContents } from "./contents.ts";

/** Rows, or values of a column, that were there before and are missing now. */
export interface Missing {
  readonly table: string;
  /** Null: whole rows. */
  readonly column: string | null;
  readonly type: string | null;
  readonly default: string | null;
  /** How many rows have lost something. */
  readonly rows: number;
  /** How many rows there were. */
  readonly of: number;
  /** These rows as they were; empty where it cannot be told which they are. */
  readonly lost: readonly Row[];
  /** The value that is there now instead of each, as text. */
  readonly instead: readonly (string | null)[];
}

/** A table at two times, reduced to the columns that it has at both. */
interface Pair {
  readonly table: TableContents;
  readonly common: readonly string[];
  readonly was: readonly Row[];
  readonly is: readonly Row[];
}

/** Finds what `before` has and `after` has not, in the tables and columns of both. New rows are ignored. */
export function findMissing(before: Contents, after: Contents): Missing[] {
  return [...before.values()].flatMap((table) => {
    const other = after.get(table.table);
    if (!other || table.rows.length === 0) return [];
    const there = new Set(other.columns.map(({ name }) => name));
    const common = table.columns.map(({ name }) => name).filter((name) => there.has(name));
    const pair = { table, common, was: project(table, common), is: project(other, common) };
    const keyed = table.key.length > 0 && table.key.every((index) => there.has(table.columns[index]?.name ?? ""));
    return keyed ? compareByKey(pair) : compareUnordered(pair);
  });
}

function project({ columns, rows }: TableContents, names: readonly string[]): Row[] {
  const places = names.map((name) => columns.findIndex((column) => column.name === name));
  return rows.map((row) => places.map((place) => row[place] ?? null));
}

function compareByKey(pair: Pair): Missing[] {
  const { table, common, was, is } = pair;
  const key = table.key.map((index) => common.indexOf(table.columns[index]?.name ?? ""));
  const keyOf = (row: Row) => JSON.stringify(key.map((index) => row[index]));
  const there = new Map(is.map((row) => [keyOf(row), row]));
  const matched = was.map((row, index) => ({ row, whole: table.rows[index] ?? row, other: there.get(keyOf(row)) }));
  const values = common.map((name, index) => {
    const changed = matched.filter(({ row, other }) => other && row[index] !== other[index]);
    const instead = changed.map(({ other }) => other?.[index] ?? null);
    return missingValues(
      pair,
      name,
      changed.map(({ whole }) => whole),
      instead,
    );
  });
  const gone = matched.filter(({ other }) => !other).map(({ whole }) => whole);
  return [missingRows(pair, gone), ...values].filter(({ rows }) => rows > 0);
}

/** Without a key: missing rows, or, where as many rows came as went, the columns in which they changed. */
function compareUnordered(pair: Pair): Missing[] {
  const { table, common, was, is } = pair;
  const [gone, came] = [subtract(was, is), subtract(is, was)];
  const whole = gone.map((row) => table.rows[was.indexOf(row)] ?? row);
  if (gone.length === 0) return [];
  if (gone.length > came.length) return [missingRows(pair, whole.slice(came.length))];
  const values = common.map((name, index) => {
    const only = (rows: readonly Row[]) => rows.map((row) => [row[index] ?? null]);
    const [old, now] = [only(gone), only(came)];
    const instead = subtract(now, old).map((row) => row[0] ?? null);
    return missingValues(pair, name, [], instead.slice(0, subtract(old, now).length));
  });
  const changed = values.filter(({ rows }) => rows > 0);
  // No column changed: the same values are combined into other rows.
  return changed.length > 0 ? changed : [missingRows(pair, whole)];
}

/** The difference of two multisets of rows. */
function subtract(rows: readonly Row[], others: readonly Row[]): Row[] {
  const counts = new Map<string, number>();
  for (const row of others) counts.set(JSON.stringify(row), (counts.get(JSON.stringify(row)) ?? 0) + 1);
  return rows.filter((row) => {
    const text = JSON.stringify(row);
    const left = counts.get(text) ?? 0;
    counts.set(text, left - 1);
    return left <= 0;
  });
}

function missingRows({ table: { table, rows } }: Pair, lost: readonly Row[]): Missing {
  return { table, column: null, type: null, default: null, rows: lost.length, of: rows.length, lost, instead: [] };
}

function missingValues(
  { table: { table, columns, rows } }: Pair,
  name: string,
  lost: readonly Row[],
  instead: readonly (string | null)[],
): Missing {
  const column = columns.find((one) => one.name === name);
  const about = { table, column: name, type: column?.type ?? null, default: column?.default ?? null };
  return { ...about, rows: instead.length, of: rows.length, lost, instead };
}
