import { isSameType, type ResolvedType } from "../schema/schema.ts";
import type { Verdict } from "./finding.ts";

/** How a value of one type fares in a column of another. */
export interface Fit {
  readonly verdict: Verdict;
  readonly sqlState: string | null;
}

const works: Fit = { verdict: "works", sqlState: null };
const depends = (sqlState: string | null): Fit => ({ verdict: "depends", sqlState });
const breaks = (sqlState: string): Fit => ({ verdict: "breaks", sqlState });
const wrong: Fit = { verdict: "wrong", sqlState: null };

const integers = ["smallint", "integer", "bigint"];
const isInteger = (type: string) => integers.includes(type);

/** How a release that writes values of `then` fares where the column is `now`. */
export function fitOfWrite(then: ResolvedType, now: ResolvedType): Fit {
  if (isSameType(then, now)) return works;
  if (now.values && then.values) return fitOfEnum(then, now);
  if (now.family === "array" || then.family === "array") return fitOfArray(then, now);
  if (isInteger(then.type) && isInteger(now.type))
    return integers.indexOf(then.type) <= integers.indexOf(now.type) ? works : depends("22003");
  if (isNumber(then) && isNumber(now)) return fitOfNumber(then.type, now.type);
  if (then.family === "timestamp") return fitOfTime(now);
  if (then.family === "date" && now.family === "timestamp") return wrong;
  return isText(now) ? fitOfText(then, now) : fitOfOther(then, now);
}

function fitOfArray(then: ResolvedType, now: ResolvedType): Fit {
  if (then.family === "array" && isText(now)) return works;
  return now.family === then.family ? works : breaks("22P02");
}

function fitOfOther(then: ResolvedType, now: ResolvedType): Fit {
  if (now.values) return fitOfEnum(then, now);
  if (then.family === now.family) return then.family === "text" ? depends("22P02") : works;
  if (now.family === "text" || then.family === "text" || then.family === "json") return depends("22P02");
  return breaks("42804");
}

/** True for a text that has room for each of these values. */
export function fitsAll(items: readonly string[], now: ResolvedType): boolean {
  return isText(now) && items.every((item) => item.length <= lengthOf(now));
}

/** How a release that compares the column with values of `then` fares where the column is `now`. */
export function fitOfFilter(then: ResolvedType, now: ResolvedType): Fit {
  if (isSameType(then, now)) return works;
  // Upper and lower case are one there.
  if (isFolding(then) !== isFolding(now)) return depends(null);
  // These types have no operator for equality.
  if (/^(?:json|xml|point|polygon)$/.test(now.type)) return breaks("42883");
  // It looks into a document by operators that text does not have.
  if (then.family === "json" && now.family !== "json") return breaks("42883");
  // MikroORM writes numbers and booleans without quotes: such a constant has a type of its own.
  if (isTyped(then) && now.family !== then.family && !(isNumber(then) && isNumber(now))) return breaks("42883");
  // The constant takes the column's type, so that a date is compared with a date.
  if (then.family === "timestamp" && now.family === "date") return works;
  if (then.family === "date" && now.family === "timestamp") return wrong;
  if (then.family === "timestamp" || now.family === "array") return fitOfWrite(then, now);
  if (then.family === "text" && !isText(now))
    return now.values ? fitOfEnum(then, now) : now.type === then.type ? works : depends("22P02");
  return works;
}

/** How a release that reads values of `then` fares with the same values in `now`, apart from their JavaScript type. */
export function fitOfRead(then: ResolvedType, now: ResolvedType): Fit {
  if (then.family !== "timestamp" || then.type === now.type) return works;
  return now.family === "timestamp" && zoneOf(then.type) === zoneOf(now.type) ? works : fitOfTime(now);
}

function isNumber({ family }: ResolvedType): boolean {
  return family === "number" || family === "numeric";
}

const isTyped = ({ family }: ResolvedType) => family === "number" || family === "boolean";

function isText({ type, values }: ResolvedType): boolean {
  return values === null && /^(?:text|character varying|character|bpchar|name|public\.citext|citext)\b/.test(type);
}

const isFolding = ({ type }: ResolvedType) => /\bcitext$/.test(type);

const zoneOf = (type: string) => type.includes("with time zone");

function fitOfTime(now: ResolvedType): Fit {
  if (now.family === "timestamp") return depends(null);
  if (now.family === "date" || now.family === "time") return wrong;
  return isText(now) ? depends(null) : breaks("22P02");
}

function fitOfText(then: ResolvedType, now: ResolvedType): Fit {
  const [had, has] = [lengthOf(then), lengthOf(now)];
  return has >= had ? works : depends("22001");
}

/** The most characters that a type takes; a value that is no text is short. */
function lengthOf(type: ResolvedType): number {
  if (!isText(type)) return type.family === "json" || type.family === "bytes" ? Infinity : 64;
  const [, length] = /\((\d+)\)/.exec(type.type) ?? [];
  return length === undefined ? Infinity : Number(length);
}

function fitOfEnum(then: ResolvedType, now: ResolvedType): Fit {
  const has = new Set(now.values);
  if (then.values) return then.values.every((value) => has.has(value)) ? works : breaks("22P02");
  return depends("22P02");
}

function fitOfNumber(then: string, now: string): Fit {
  const [had, has] = [needs(then), holds(now)];
  if (has.scale < had.scale) return depends(null);
  return has.whole < had.whole ? depends("22003") : works;
}

interface Digits {
  /** Before the point. */
  readonly whole: number;
  /** Behind it. */
  readonly scale: number;
}

/** The digits that values of a type may have. */
function needs(type: string): Digits {
  const integer = integers.indexOf(type);
  return integer < 0 ? digitsOf(type) : { whole: [5, 10, 19][integer] ?? 0, scale: 0 };
}

/** The digits that every value may have and still fit; what a float rounds is not counted. */
function holds(type: string): Digits {
  const integer = integers.indexOf(type);
  if (integer >= 0) return { whole: [4, 9, 18][integer] ?? 0, scale: 0 };
  const digits = digitsOf(type);
  return /^(?:real|double)/.test(type) ? { ...digits, scale: Infinity } : digits;
}

function digitsOf(type: string): Digits {
  if (type === "real") return { whole: 38, scale: 6 };
  if (type === "double precision") return { whole: 308, scale: 15 };
  const [, precision, scale = "0"] = /^numeric\((\d+)(?:,(-?\d+))?\)/.exec(type) ?? [];
  return precision === undefined
    ? { whole: Infinity, scale: Infinity }
    : { whole: Number(precision) - Number(scale), scale: Number(scale) };
}
