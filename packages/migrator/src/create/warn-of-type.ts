import type { CatalogObject } from "../catalog/catalog.ts";

/** What a column's new type means for its values, in plain words; nothing where PostgreSQL need not touch them. */
export function warnOfType(
  called: string,
  before: CatalogObject | undefined,
  after: CatalogObject | undefined,
): string[] {
  const [from, to] = [String(before?.properties["type"] ?? ""), String(after?.properties["type"] ?? "")];
  if (from === "" || from === to || isFree(from, to)) return [];
  const change = `${called} becomes ${to} and was ${from}: the table is rewritten, and nobody reads or writes it meanwhile`;
  return [keepsAll(from, to) ? change : `${change}; a value that does not fit is lost in part or makes it fail`];
}

/** Changes of the catalog alone. */
function isFree(from: string, to: string): boolean {
  const [a, b] = [read(from), read(to)];
  if (a.name === "character varying" && b.name === "text") return true;
  if (a.name !== b.name) return false;
  if (a.name === "character varying" || a.name.startsWith("time")) return a.size <= b.size;
  return a.name === "numeric" && (b.size === Infinity || (a.size <= b.size && a.scale === b.scale));
}

/** Changes after which every value says what it said before. */
function keepsAll(from: string, to: string): boolean {
  const [a, b] = [read(from), read(to)];
  if (b.name === "text" || (b.name === "character varying" && b.size === Infinity)) return true;
  if (a.name === b.name && a.name === "numeric") return a.scale <= b.scale && a.size - a.scale <= b.size - b.scale;
  const whole = ["smallint", "integer", "bigint", "numeric"];
  if (whole.includes(a.name) && a.name !== "numeric")
    return whole.indexOf(a.name) < whole.indexOf(b.name) && (b.name !== "numeric" || b.size === Infinity);
  return ["real double precision", "date timestamp without time zone", "json jsonb"].includes(`${a.name} ${b.name}`);
}

/** `character varying(20)`: its name, its size (Infinity where it has none) and its scale. */
function read(type: string): { name: string; size: number; scale: number } {
  const [, head = "", size, scale, tail = ""] =
    /^([a-z ]+?)(?:\((\d+)(?:,(-?\d+))?\))?( with(?:out)? time zone)?$/.exec(type) ?? [];
  return { name: head === "" ? type : head + tail, size: Number(size ?? Infinity), scale: Number(scale ?? 0) };
}
