import { guardOf } from "../catalog/cast-guard.ts";
import type { CatalogObject } from "../catalog/catalog.ts";
import { keepsAll, readType } from "../catalog/column-types.ts";

/** What a column's new type means for its values, in plain words; nothing where PostgreSQL need not touch them. */
export function warnOfType(
  called: string,
  before: CatalogObject | undefined,
  after: CatalogObject | undefined,
): string[] {
  const [from, to] = [String(before?.properties["type"] ?? ""), String(after?.properties["type"] ?? "")];
  if (from === "" || from === to || isFree(from, to)) return [];
  const change = `${called} becomes ${to} and was ${from}: the table is rewritten, and nobody reads or writes it meanwhile`;
  if (keepsAll(from, to)) return [change];
  return [
    guardOf({ table: "", column: "", from, to })
      ? `${change}; a value that does not fit would lose something: what stands before it counts those, and stops while there are any`
      : `${change}; a value that does not fit makes it fail`,
  ];
}

/** Changes of the catalog alone. */
function isFree(from: string, to: string): boolean {
  const [a, b] = [readType(from), readType(to)];
  if (a.array || b.array) return false;
  if (a.name === "character varying" && b.name === "text") return true;
  if (a.name !== b.name) return false;
  if (a.name === "character varying" || a.name.startsWith("time")) return a.size <= b.size;
  return a.name === "numeric" && (b.size === Infinity || (a.size <= b.size && a.scale === b.scale));
}
