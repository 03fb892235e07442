import type { Family } from "../contract/contract.ts";

/** The types that MikroORM has the driver give as text: date, timestamp, timestamptz and interval, and their arrays. */
export const textTypes: readonly number[] = [1082, 1114, 1184, 1186, 1182, 1115, 1185, 1187];

/** The JavaScript types in which the driver gives the values of a family. */
const kinds: Readonly<Record<Family, readonly string[]>> = {
  number: ["number"],
  numeric: ["string"],
  boolean: ["boolean"],
  text: ["string"],
  timestamp: ["string"],
  date: ["string"],
  time: ["string"],
  json: ["object", "array", "string", "number", "boolean"],
  // The driver knows only the arrays of its own types.
  array: ["array", "string"],
  bytes: ["bytes"],
};

/** The JavaScript type of a value, with the classes that the driver makes. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (value instanceof Date) return "Date";
  if (value instanceof Uint8Array) return "bytes";
  return Array.isArray(value) ? "array" : typeof value;
}

/** True for a value whose JavaScript type MikroORM does not turn into a value of the property; `before` is what it was. */
export function isForeign(value: unknown, accepts: readonly Family[], before?: unknown): boolean {
  const kind = kindOf(value);
  if (kind === "null") return false;
  // A text is a value of a document, but not what the document was.
  const isTextOfDocument = kind === "string" && typeof before === "object" && before !== null;
  if (isTextOfDocument) return !accepts.includes("text");
  return !accepts.some((family) => kinds[family].includes(kind));
}
