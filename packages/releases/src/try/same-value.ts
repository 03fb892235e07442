import type { ContractColumn, Family } from "../contract/contract.ts";
import type { Row } from "./sample.ts";

/** The JavaScript types in which the driver gives the values of a family. */
const kinds: Readonly<Record<Family, readonly string[]>> = {
  number: ["number"],
  numeric: ["string"],
  boolean: ["boolean"],
  text: ["string"],
  timestamp: ["Date"],
  date: ["Date"],
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

/** True for a value whose JavaScript type MikroORM does not turn into a value of the property. */
export function isForeign(value: unknown, accepts: readonly Family[]): boolean {
  const kind = kindOf(value);
  return kind !== "null" && !accepts.some((family) => kinds[family].includes(kind));
}

/** True for two values that say the same, perhaps by other JavaScript types. */
export function isSameValue(one: unknown, other: unknown): boolean {
  if (kindOf(one) === "null" || kindOf(other) === "null") return kindOf(one) === kindOf(other);
  if (one instanceof Date || other instanceof Date) return timeOf(one) === timeOf(other);
  if (typeof one === "object" || typeof other === "object") return JSON.stringify(one) === JSON.stringify(other);
  return String(one) === String(other) || (isNumber(one) && isNumber(other) && Number(one) === Number(other));
}

const timeOf = (value: unknown) => new Date(value as string).valueOf();
const isNumber = (value: unknown) => /^-?\d+(?:\.\d+)?$/.test(String(value));

/** False where the driver gives a document and a text, or a type that the property does not take. */
function isComparable(one: unknown, other: unknown, accepts: readonly Family[]): boolean {
  const isDocument = (value: unknown) => ["object", "array"].includes(kindOf(value));
  return isDocument(one) === isDocument(other) && !isForeign(other, accepts);
}

/** The first column in which two rows say different things; empty: only one is there. A foreign type is reading's. */
export function findOther(
  one: Row | undefined,
  other: Row | undefined,
  columns: readonly ContractColumn[],
): string | undefined {
  if (!one || !other) return one === other ? undefined : "";
  return Object.keys(one).find((name) => {
    const accepts = columns.find(({ column }) => column === name)?.accepts ?? [];
    return name in other && isComparable(one[name], other[name], accepts) && !isSameValue(one[name], other[name]);
  });
}
