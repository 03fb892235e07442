import { readList } from "@thedata/catalog/sql";
import { around, type Hint } from "./neighbours.ts";
import type { Bound } from "./read-tables.ts";

/** Values for the key of a partitioned table that fall into one of its partitions. */
export function boundHints(bounds: readonly Bound[]): Hint[] {
  return bounds.flatMap(({ columns, text }) => {
    const from = readValues(text, text.indexOf("(") + 1);
    const to = readValues(text, text.indexOf("(", from.end) + 1);
    const inList = text.startsWith("FOR VALUES IN");
    if (!inList && !text.startsWith("FOR VALUES FROM")) return [];
    return columns.map((column, index) => {
      const values = inList ? from.values : inRange(from.values[index], to.values[index]);
      return { column, values: values.filter((value) => value !== "NULL"), closed: true };
    });
  });
}

/** Values from the lower bound on, which belongs to the partition, else around the upper one, which does not. */
function inRange(from: string | undefined, to: string | undefined): string[] {
  if (from !== undefined && from !== "MINVALUE") return [from, ...around(from).slice(1)];
  return to === undefined || to === "MAXVALUE" ? [] : around(to);
}

function readValues(text: string, start: number): { values: string[]; end: number } {
  const { parts, end } = readList(text, start);
  const values = parts.map((part) => (part.startsWith("'") ? part.slice(1, -1).replaceAll("''", "'") : part));
  return { values, end };
}
