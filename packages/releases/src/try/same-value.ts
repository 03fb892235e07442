import { isDeepStrictEqual } from "node:util";
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

/** True for two values that say the same, perhaps by other JavaScript types, or as other texts. */
export function isSameValue(one: unknown, other: unknown): boolean {
  if (kindOf(one) === "null" || kindOf(other) === "null") return kindOf(one) === kindOf(other);
  if (typeof one === "object" || typeof other === "object")
    return isDeepStrictEqual(documentOf(one), documentOf(other));
  const [first, second] = [String(one), String(other)];
  if (first === second || withoutZone(first) === withoutZone(second)) return true;
  if (isNumber(first) && isNumber(second)) return Number(first) === Number(second);
  return isDocument(first) && isDocument(second) && isDeepStrictEqual(documentOf(first), documentOf(second));
}

const isNumber = (text: string) => /^-?\d+(?:\.\d+)?(?:e[-+]?\d+)?$/i.test(text);
const isDocument = (text: string) => /^\s*[[{]/.test(text);

/** The session's time zone is UTC. */
const withoutZone = (text: string) => text.replace(/^(\d+-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?)\+00$/, "$1");

/** A document as the driver gives it, or as text. */
function documentOf(value: unknown): unknown {
  if (typeof value !== "string" || !isDocument(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
