import type { Hint } from "./hints.ts";
import { around } from "./neighbours.ts";
import type { Bound } from "./read-tables.ts";

/** Values for the key of a partitioned table that fall into one of its partitions. */
export function boundHints(bounds: readonly Bound[]): Hint[] {
  return bounds.flatMap(({ columns, text }) => {
    const lists = [...text.matchAll(/\((.*?)\)(?= TO |$)/g)].map((match) => split(match[1] ?? ""));
    const inList = text.startsWith("FOR VALUES IN");
    if (!inList && !text.startsWith("FOR VALUES FROM")) return [];
    return columns.map((column, index) => {
      const values = inList ? (lists[0] ?? []) : inRange(lists[0]?.[index], lists[1]?.[index]);
      return { column, values: values.filter((value) => value !== "NULL"), closed: true };
    });
  });
}

/** From the lower bound on, which belongs to the partition, or before the upper one, which does not. */
function inRange(from: string | undefined, to: string | undefined): string[] {
  if (from !== undefined && from !== "MINVALUE") return [from, ...around(from).slice(1)];
  return to === undefined || to === "MAXVALUE" ? [] : around(to);
}

function split(list: string): string[] {
  return [...list.matchAll(/'((?:[^']|'')*)'|([^,\s']+)/g)].map((match) =>
    (match[1] ?? match[2] ?? "").replaceAll("''", "'"),
  );
}
