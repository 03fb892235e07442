import type { Missing } from "./compare-contents.ts";
import type { Contents, Reference, Row, TableContents } from "./contents.ts";

/**
 * Splits what is missing into natural losses, which follow when `down` removes what the migration made (rows that refer
 * to removed rows, references that become null), and others. `made`: the rows that the migration made, in any table.
 */
export function splitByCause(
  missing: readonly Missing[],
  filled: Contents,
  made: Contents,
): { natural: Missing[]; lost: Missing[] } {
  const departed = new Map([...made].map(([name, { rows }]) => [name, [...rows]]));
  const natural = new Map<Missing, Row[]>();
  // Repeats, because rows that refer to removed rows are removed too.
  for (let grew = true; grew;) {
    grew = false;
    for (const one of missing) {
      const known = natural.get(one) ?? [];
      const following = one.lost.filter((row) => !known.includes(row) && follows(one, row, filled, departed));
      if (following.length === 0) continue;
      natural.set(one, [...known, ...following]);
      if (one.column === null) departed.set(one.table, [...(departed.get(one.table) ?? []), ...following]);
      grew = true;
    }
  }
  const split = missing.map((one) => ({ one, rows: natural.get(one)?.length ?? 0 }));
  return {
    natural: split.filter(({ rows }) => rows > 0).map(({ one, rows }) => ({ ...one, rows })),
    lost: split
      .filter(({ one, rows }) => one.rows > rows)
      .map(({ one, rows }) => ({
        ...one,
        rows: one.rows - rows,
        lost: one.lost.filter((row) => !natural.get(one)?.includes(row)),
      })),
  };
}

function follows(one: Missing, row: Row, filled: Contents, departed: ReadonlyMap<string, readonly Row[]>): boolean {
  const table = filled.get(one.table);
  if (!table) return false;
  return table.references.some((reference) => {
    if (one.column !== null && !reference.columns.includes(one.column)) return false;
    const other = filled.get(reference.table);
    return other !== undefined && refersTo(table, row, reference, other, departed.get(reference.table) ?? []);
  });
}

function refersTo(
  table: TableContents,
  row: Row,
  { columns, referencedColumns }: Reference,
  other: TableContents,
  rows: readonly Row[],
): boolean {
  const value = (from: TableContents, one: Row, name: string | undefined) =>
    one[from.columns.findIndex((column) => column.name === name)];
  return rows.some((target) =>
    columns.every((name, index) => {
      const wanted = value(table, row, name);
      return wanted !== null && wanted !== undefined && wanted === value(other, target, referencedColumns[index]);
    }),
  );
}
