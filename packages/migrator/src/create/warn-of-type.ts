import { type CatalogObject, guardOf } from "@thedata/catalog";
import { isText, keepsAll, readType } from "@thedata/catalog/sql";

/** Describes what a column's new type means for its values; empty where PostgreSQL need not touch them. */
export function warnOfType(
  called: string,
  before: CatalogObject | undefined,
  after: CatalogObject | undefined,
): string[] {
  const [from, to] = [String(before?.properties["type"] ?? ""), String(after?.properties["type"] ?? "")];
  if (from === "" || from === to || isFree(from, to)) return [];
  const change = `${called} changes from ${from} to ${to}: the table is rewritten and is locked against reads and writes meanwhile`;
  return [change + describeMisfits(from, to) + describeSilentLoss(from, to)];
}

function describeMisfits(from: string, to: string): string {
  if (keepsAll(from, to)) return "";
  return guardOf({ table: "", column: "", from, to })
    ? "; a value that does not fit would be cut or rounded: the check before the change counts such values and stops if there are any"
    : "; a value that does not fit makes it fail";
}

/** What PostgreSQL removes without an error, as the SQL standard and the type define it. */
function describeSilentLoss(from: string, to: string): string {
  if (from === "json" && to === "jsonb") return "; where a value has a key twice, only the last of the two is kept";
  const cuts = isText(readType(from)) && isText(readType(to)) && !keepsAll(from, to);
  return cuts ? ", but spaces at its end beyond the new length are cut without an error" : "";
}

/** True for a change of the catalog alone, without a rewrite of the table. */
function isFree(from: string, to: string): boolean {
  const [a, b] = [readType(from), readType(to)];
  if (a.array || b.array) return false;
  if (a.name === "character varying" && b.name === "text") return true;
  if (a.name !== b.name) return false;
  if (a.name === "character varying" || a.name.startsWith("time")) return a.size <= b.size;
  return a.name === "numeric" && (b.size === Infinity || (a.size <= b.size && a.scale === b.scale));
}
