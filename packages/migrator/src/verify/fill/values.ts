import type { Random } from "./random.ts";
import type { Type, Types } from "./read-tables.ts";
import { guesses, scalars } from "./scalars.ts";

/** Values that probably satisfy a domain's check, by the check's expression. */
export type DomainHints = (check: string) => readonly string[];

/**
 * Makes the text of a value of a type; `format` has its modifiers, as in `numeric(5,2)`. Domains use the hints of their
 * checks.
 */
export function makeValue(random: Random, oid: string, format: string, types: Types, hints: DomainHints): string {
  const type = types.get(oid);
  const inner = (other: string | null, itsFormat = format) => makeValue(random, other ?? "", itsFormat, types, hints);
  if (!type) return random.pick(guesses);
  if (type.element !== null) return makeArray(random, () => inner(type.element));
  switch (type.kind) {
    case "enum":
      return random.pick(type.labels);
    case "domain":
      return makeDomain(random, type, () => inner(type.base, type.baseFormat ?? ""), hints);
    case "composite":
      return `(${type.attributes.map((one) => quote(inner(one.type, one.format))).join(",")})`;
    case "range":
      return makeRange(random, () => inner(type.base, ""), types.get(type.base ?? "")?.name ?? "");
    case "multirange":
      return random.percent(10) ? "{}" : `{${inner(type.base)}}`;
    default:
      return (scalars[type.name] ?? (() => random.pick(guesses)))(random, modifiersOf(format));
  }
}

function modifiersOf(format: string): number[] {
  return /\(([-\d, ]+)\)/.exec(format)?.[1]?.split(",").map(Number) ?? [];
}

function makeDomain(random: Random, { checks }: Type, makeBase: () => string, hints: DomainHints): string {
  const hinted = checks.flatMap((check) => hints(check));
  return hinted.length > 0 && random.percent(85) ? random.pick(hinted) : makeBase();
}

function makeArray(random: Random, make: () => string): string {
  const elements = Array.from({ length: random.pick([0, 1, 1, 2, 3]) }, () => quote(make()));
  return `{${elements.join(",")}}`;
}

/** An element of an array, composite or range, in quotes that keep every character. */
export function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** A short range, so that two of them seldom overlap. */
function makeRange(random: Random, make: () => string, subtype: string): string {
  if (random.percent(5)) return "empty";
  const start = make();
  const end = following(start, subtype, random.int(1, 9));
  if (end === undefined || random.percent(5)) return `[${quote(start)},]`;
  return `[${quote(start)},${quote(end)})`;
}

function following(start: string, subtype: string, step: number): string | undefined {
  if (/^(int4|int8|numeric|float8|int2|float4)$/.test(subtype)) {
    const number = Number(start) + step;
    return Math.abs(number) < 2_000_000_000 ? String(number) : undefined;
  }
  if (!/^(date|timestamp|timestamptz)$/.test(subtype)) return undefined;
  const day = new Date(`${start.slice(0, 10)}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() + step);
  return day.toISOString().slice(0, 10) + start.slice(10);
}
