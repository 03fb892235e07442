import { isDeepStrictEqual } from "node:util";
import { kindOf } from "./driver-values.ts";
import { isNumeric } from "./literal.ts";

/** True for two values that say the same, perhaps by other JavaScript types, or as other texts. */
export function isSameValue(one: unknown, other: unknown): boolean {
  if (kindOf(one) === "null" || kindOf(other) === "null") return kindOf(one) === kindOf(other);
  if (typeof one === "object" || typeof other === "object")
    return isDeepStrictEqual(documentOf(one), documentOf(other));
  const [first, second] = [String(one), String(other)];
  if (first === second || withoutZone(first) === withoutZone(second)) return true;
  if (isNumeric(first) && isNumeric(second)) return Number(first) === Number(second);
  return isDocument(first) && isDocument(second) && isDeepStrictEqual(documentOf(first), documentOf(second));
}

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
