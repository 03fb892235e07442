import type { Hint } from "./neighbours.ts";
import { foreignKeys } from "./order.ts";
import type { Random } from "./random.ts";
import type { Column, Constraint, Table, Types } from "./read-tables.ts";
import { type DomainHints, makeValue } from "./values.ts";

/** A row to insert, each value as text or null; a column without an entry gets its default. */
export type DrawnRow = Map<string, string | null>;

/** Everything that rows of one table are drawn from. */
export interface Source {
  readonly table: Table;
  readonly types: Types;
  readonly random: Random;
  readonly hints: ReadonlyMap<string, Hint>;
  readonly domainHints: DomainHints;
  /** Keys that a foreign key may refer to, by the foreign key's name. */
  readonly keys: ReadonlyMap<string, readonly (readonly string[])[]>;
  /** Values that the next row must have. */
  readonly fixed: DrawnRow;
  /** Columns that turned out to refuse null. */
  readonly required: Set<string>;
}

/** Draws a whole row. */
export function drawRow(source: Source): DrawnRow {
  const row: DrawnRow = new Map(source.fixed);
  for (const key of foreignKeys(source.table)) drawReference(source, row, key);
  const referring = new Set(foreignKeys(source.table).flatMap(({ columns }) => columns));
  for (const column of source.table.columns) if (!referring.has(column.name)) drawColumn(source, row, column, 20);
  referToItself(source, row);
  return row;
}

/** Draws some of a row's columns again; `involved` are those that the refusal concerns. */
export function redraw(source: Source, row: DrawnRow, involved: readonly string[]): void {
  const { random, table } = source;
  const some = involved.filter(() => random.percent(60));
  const chosen = new Set(some.length > 0 ? some : [random.pick(involved)]);
  const keys = foreignKeys(table).filter(({ columns }) => columns.some((name) => chosen.has(name)));
  for (const name of keys.flatMap(({ columns }) => columns)) if (!source.fixed.has(name)) row.delete(name);
  for (const key of keys) drawReference(source, row, key);
  const referring = new Set(foreignKeys(table).flatMap(({ columns }) => columns));
  for (const column of table.columns)
    if (chosen.has(column.name) && !referring.has(column.name))
      if (!copyTwin(source, row, column, involved)) drawColumn(source, row, column, 40);
  referToItself(source, row);
}

function drawColumn(source: Source, row: DrawnRow, column: Column, nulls: number): void {
  const { random, fixed, types, domainHints } = source;
  if (fixed.has(column.name)) return;
  row.delete(column.name);
  if (column.generated || column.identity || countsUp(column)) return;
  // A default that is computed differs from run to run: those are drawn.
  if (column.default !== null && !column.default.includes("(") && random.percent(35)) return;
  if (!isRequired(source, column) && random.percent(nulls)) return void row.set(column.name, null);
  const hint = source.hints.get(column.name);
  if (hint && random.percent(hint.closed ? 97 : 80)) return void row.set(column.name, random.pick(hint.values));
  row.set(column.name, makeValue(random, column.type, column.format, types, domainHints));
}

function countsUp(column: Column): boolean {
  return column.default?.includes("nextval(") ?? false;
}

function isRequired({ required, types }: Source, { name, notNull, type }: Column): boolean {
  return notNull || required.has(name) || (types.get(type)?.notNull ?? false);
}

/** Copies another column's value, because `starts <= ends` and the like hold where both are equal. */
function copyTwin(
  { random, table, fixed }: Source,
  row: DrawnRow,
  column: Column,
  involved: readonly string[],
): boolean {
  if (involved.length < 2 || fixed.has(column.name) || !random.percent(20)) return false;
  const twin = table.columns.find(
    ({ name, type }) => name !== column.name && type === column.type && involved.includes(name) && row.has(name),
  );
  if (!twin || column.generated || column.identity) return false;
  row.set(column.name, row.get(twin.name) ?? null);
  return true;
}

/** Takes an existing key that agrees with the values that other foreign keys gave the same columns. */
function drawReference(source: Source, row: DrawnRow, key: Constraint): void {
  const { random, table, fixed } = source;
  const own = key.columns.map((name) => table.columns.find((column) => column.name === name) as Column);
  const keys = source.keys.get(key.name) ?? [];
  const fitting = keys.filter((values) =>
    key.columns.every((name, index) => (row.get(name) ?? values[index]) === values[index]),
  );
  const nullable = own.filter((column) => !isRequired(source, column) && !fixed.has(column.name));
  if (nullable.length > 0 && (fitting.length === 0 || random.percent(25)))
    return nullable.forEach(({ name }) => row.set(name, null));
  const taken = random.pick(fitting.length > 0 ? fitting : [[]]);
  for (const [index, name] of key.columns.entries())
    if (taken[index] !== undefined && !fixed.has(name)) row.set(name, taken[index]);
}

/** Makes a table's first row refer to itself where each row must refer to a row of its own table. */
function referToItself(source: Source, row: DrawnRow): void {
  const { table, random, types, domainHints, keys } = source;
  for (const key of foreignKeys(table)) {
    if (key.references !== table.name || (keys.get(key.name) ?? []).length > 0) continue;
    if (
      !key.columns.every((name) => isRequired(source, table.columns.find((column) => column.name === name) as Column))
    )
      continue;
    for (const [index, name] of key.columns.entries()) {
      const target = key.referencedColumns[index] ?? "";
      const column = table.columns.find((one) => one.name === target) as Column;
      const value = row.get(target) ?? makeValue(random, column.type, column.format, types, domainHints);
      row.set(target, value);
      row.set(name, value);
    }
  }
}
