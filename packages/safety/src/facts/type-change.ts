import { type Type, writeType } from "../parse/syntax.ts";

/** What ALTER COLUMN TYPE does to the table: nothing, a scan of values against a domain, or a new copy of the table. */
export interface TypeChange {
  readonly rewrites: boolean;
  /** True: the new type holds fewer values, so that the change loses some or fails. */
  readonly narrows: boolean;
  /** True: indexes of the column are built anew although the table is not rewritten. */
  readonly rebuildsIndexes: boolean;
}

/** How the session would judge a change: only under UTC is a timestamp with a time zone the same bytes as one without. */
export interface TypeContext {
  readonly timeZone: string | undefined;
  /** The base type of a domain; undefined for a type that is none. */
  readonly domain: (name: string) => { readonly base: Type; readonly constrained: boolean } | undefined;
}

const free: TypeChange = { rewrites: false, narrows: false, rebuildsIndexes: false };
const rewrite: TypeChange = { rewrites: true, narrows: false, rebuildsIndexes: true };
/** The bytes stay, and the index's operators are others. */
const reindex: TypeChange = { ...free, rebuildsIndexes: true };
const narrow: TypeChange = { ...rewrite, narrows: true };

const integers = ["int2", "int4", "int8"];
const floats = ["float4", "float8"];
const withPrecision = new Set(["timestamp", "timestamptz", "time", "timetz"]);
const textTypes = new Set(["varchar", "text", "bpchar", "citext", "xml", "name"]);

/**
 * Judges a change of a column's type as PostgreSQL 15 to 18 do it, without an expression that computes the new value.
 * Source: ATColumnChangeRequiresRewrite, the casts without a function and the length coercions of each type.
 */
export function judgeTypeChange(from: Type, to: Type, context: TypeContext): TypeChange {
  if (writeType(from) === writeType(to)) return free;
  const [source, target] = [baseOf(from, context), context.domain(to.name)];
  // Into a domain with constraints each value is checked, which PostgreSQL does by a rewrite.
  if (target) return target.constrained ? rewrite : judgeTypeChange(source, target.base, context);
  // The length of a domain's base type is not known to be that of the new type: each value is coerced.
  if (source !== from && to.modifiers.length > 0)
    return { ...judgeTypeChange(source, to, context), rewrites: true, rebuildsIndexes: true };
  if (writeType(source) === writeType(to)) return free;
  // Each element is coerced, even where a single value needs nothing.
  if (source.isArray || to.isArray) return rewrite;
  return judgeScalars(source, to, context.timeZone);
}

function judgeScalars(from: Type, to: Type, timeZone: string | undefined): TypeChange {
  if (from.name === to.name) return judgeLength(from, to);
  const pair = `${from.name} ${to.name}`;
  if (pair === "timestamp timestamptz" || pair === "timestamptz timestamp")
    return isUtc(timeZone) && to.modifiers.length === 0 ? reindex : rewrite;
  if (pair === "cidr inet") return free;
  if (pair === "bit varbit") return to.modifiers.length === 0 ? reindex : rewrite;
  if (pair === "int4 oid" || pair === "oid int4") return reindex;
  if (pair === "xml text" || pair === "xml varchar") return to.modifiers.length === 0 ? free : narrow;
  if (isText(from.name) && isText(to.name)) return judgeTexts(from, to);
  return narrowing(from.name, to.name) ? narrow : rewrite;
}

const isUtc = (timeZone: string | undefined) =>
  /^(utc|etc\/utc|gmt|etc\/gmt|zulu|uct|universal)$/i.test(timeZone ?? "");
const isText = (name: string) => textTypes.has(name);

function judgeTexts(from: Type, to: Type): TypeChange {
  const plain = (name: string) => name === "varchar" || name === "text";
  const citext = from.name === "citext" || to.name === "citext";
  if (!(plain(from.name) || citext) || !(plain(to.name) || citext))
    return to.name === "bpchar" && to.modifiers.length > 0 ? narrow : rewrite;
  // A length is checked value by value, unless the old one is known to be no longer.
  const [old] = from.modifiers;
  const [length] = to.modifiers;
  const checked = length !== undefined && !(from.name === "varchar" && old !== undefined && old <= length);
  if (checked) return narrow;
  return { ...free, rebuildsIndexes: citext };
}

/** The same type with other modifiers. */
function judgeLength(from: Type, to: Type): TypeChange {
  const [old, length] = [from.modifiers[0], to.modifiers[0]];
  if (from.name === "varchar" || from.name === "varbit") {
    if (length === undefined || (old !== undefined && old <= length)) return free;
    return narrow;
  }
  if (from.name === "numeric") return judgeNumeric(from, to);
  if (withPrecision.has(from.name) || from.name === "interval") return judgePrecision(from, to);
  return (old ?? Infinity) > (length ?? Infinity) ? narrow : rewrite;
}

function judgeNumeric(from: Type, to: Type): TypeChange {
  if (to.modifiers.length === 0) return free;
  if (from.modifiers.length === 0) return narrow;
  const [precision = 0, scale = 0] = from.modifiers;
  const [newPrecision = 0, newScale = 0] = to.modifiers;
  if (scale === newScale && newPrecision >= precision) return free;
  const digits = precision - scale <= newPrecision - newScale && scale <= newScale;
  return digits ? rewrite : narrow;
}

/** Precision of seconds: 6 is all that is stored. */
function judgePrecision(from: Type, to: Type): TypeChange {
  const of = (type: Type) => type.modifiers[type.name === "interval" ? 1 : 0] ?? 6;
  const [old, least] = [leastField(from), leastField(to)];
  if (least > old) return narrow;
  // An interval whose least field is above seconds has no parts of a second to lose.
  return old > 0 || of(from) <= of(to) ? free : narrow;
}

function narrowing(from: string, to: string): boolean {
  const rank = (names: readonly string[]) => [names.indexOf(from), names.indexOf(to)] as const;
  for (const names of [integers, floats]) {
    const [old, now] = rank(names);
    if (old >= 0 && now >= 0) return now < old;
  }
  if (integers.includes(to)) return ["numeric", ...floats].includes(from) || isText(from);
  if (["date", "time"].includes(to)) return from.startsWith("timestamp");
  if (floats.includes(to)) return from === "numeric" || from === "int8";
  return false;
}

/** The least field that an interval keeps, which is its first modifier: 0 for seconds up to 5 for years. Source: interval_support. */
function leastField({ name, modifiers: [fields] }: Type): number {
  if (name !== "interval" || fields === undefined) return 0;
  // INTERVAL_MASK in PostgreSQL: second, minute, hour, day, month, year.
  return [12, 11, 10, 3, 1, 2].findIndex((bit) => (fields & (1 << bit)) !== 0);
}

/** The type behind a domain, and behind the domains that it is made of. */
function baseOf(type: Type, context: TypeContext): Type {
  const domain = context.domain(type.name);
  return domain ? baseOf(domain.base, context) : type;
}
