import { type Catalog, compareCatalogs } from "@thedata/catalog";
import { shorten } from "@thedata/catalog/sql";
import type { Review } from "./review.ts";

/** More tables are no picture of a change any more. */
const most = 24;

/** Draws the tables that changed, with those that their foreign keys lead to and come from. */
export async function drawChange(before: Catalog, after: Catalog): Promise<Review["picture"]> {
  const changed = changedTables(before, after);
  const shown = withNeighbours(changed, after);
  if (shown.size === 0) return null;
  const erd = await import("@thedata/erd").catch(() => undefined);
  if (!erd) return null;
  const diagram = erd.diagramOf(
    after.filter(({ kind, name, table }) => shown.has(kind === "table" ? name : (table ?? ""))),
  );
  return {
    svg: await erd.draw(diagram, "svg"),
    mermaid: await erd.draw(diagram, "mermaid"),
    changed: [...changed].map(shorten),
    removed: removedTables(before, after).map(shorten),
  };
}

function changedTables(before: Catalog, after: Catalog): Set<string> {
  const there = new Set(after.flatMap(({ kind, name }) => (kind === "table" ? [name] : [])));
  const tables = compareCatalogs(before, after).map(({ kind, name, expected, found }) =>
    kind === "table" ? name : (found ?? expected)?.table,
  );
  return new Set(tables.flatMap((table) => (table && there.has(table) ? [table] : [])));
}

function removedTables(before: Catalog, after: Catalog): string[] {
  return compareCatalogs(before, after).flatMap(({ kind, name, found }) => (kind === "table" && !found ? [name] : []));
}

function withNeighbours(changed: ReadonlySet<string>, after: Catalog): Set<string> {
  const neighbours = after.flatMap(({ table, properties: { references } }) => {
    if (table === null || typeof references !== "string") return [];
    return changed.has(table) ? [references] : changed.has(references) ? [table] : [];
  });
  return new Set([...changed, ...neighbours].slice(0, most));
}
