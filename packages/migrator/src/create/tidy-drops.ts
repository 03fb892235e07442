import type { Catalog } from "@thedata/catalog";
import { lastPart, unquote } from "@thedata/catalog/sql";

/**
 * Sorts drops so that a referring table goes before the one that it refers to, and leaves out the drops of their
 * foreign keys, which are then needless. Returns the statements unchanged where dropped tables refer to each other in a
 * circle.
 */
export function tidyDrops(statements: readonly string[], before: Catalog): readonly string[] {
  const dropped = statements.flatMap((sql) => droppedTable(sql) ?? []);
  const sorted = sortByReferences(dropped, findReferences(before));
  if (!sorted || sorted.length === 0) return statements;
  const gone = new Set(sorted);
  const first = statements.findIndex((sql) => droppedTable(sql) !== undefined);
  const others = (part: readonly string[]) =>
    part.filter((sql) => droppedTable(sql) === undefined && !gone.has(tableOfKey(sql, before) ?? ""));
  return [
    ...others(statements.slice(0, first)),
    ...sorted.map((table) => `drop table "${table}"`),
    ...others(statements.slice(first)),
  ];
}

/** The table that a statement drops; undefined for a table with a schema, whose drop stays where it is. */
function droppedTable(sql: string): string | undefined {
  return /^drop table (?:if exists )?"([^".]+)"(?: cascade)?$/.exec(sql)?.[1];
}

/** The table of a foreign key that a statement drops. */
function tableOfKey(sql: string, catalog: Catalog): string | undefined {
  const [, table, key] = /^alter table "([^".]+)" drop constraint "([^"]+)"$/.exec(sql) ?? [];
  const isKey = catalog.some(
    ({ kind, name, properties }) =>
      kind === "constraint" && properties["type"] === "foreign key" && unquote(lastPart(name)) === key,
  );
  return isKey ? table : undefined;
}

/** Pairs of tables: the first refers to the second. */
function findReferences(catalog: Catalog): [string, string][] {
  return catalog.flatMap(({ kind, table, properties }): [string, string][] =>
    kind === "constraint" && properties["type"] === "foreign key" && table !== null
      ? [[unquote(lastPart(table)), unquote(lastPart(String(properties["references"])))]]
      : [],
  );
}

function sortByReferences(tables: readonly string[], references: readonly [string, string][]): string[] | undefined {
  const left = new Set(tables);
  const sorted: string[] = [];
  while (left.size > 0) {
    const free = [...left].filter(
      (table) => !references.some(([from, to]) => to === table && from !== table && left.has(from)),
    );
    if (free.length === 0) return undefined;
    for (const table of free) {
      left.delete(table);
      sorted.push(table);
    }
  }
  return sorted;
}
