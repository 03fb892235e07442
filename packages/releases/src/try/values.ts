import type { ContractColumn } from "../contract/contract.ts";
import type { ResolvedType } from "../schema/schema.ts";

/** Values of a column at which a release may fail, as text: each item, null, and the ends of what its type holds. */
export function valuesAt({ items, nullable }: ContractColumn, type: ResolvedType): (string | null)[] {
  const isArray = type.family === "array";
  const own = items?.map((item) => (isArray ? `{${JSON.stringify(item)}}` : item)) ?? type.values ?? endsOf(type.type);
  return [...own, ...(nullable ? [null] : [])];
}

const ends: Readonly<Record<string, readonly string[]>> = {
  smallint: ["-32768", "0", "32767"],
  integer: ["-2147483648", "0", "2147483647"],
  bigint: ["-9223372036854775808", "0", "9223372036854775807"],
  boolean: ["false", "true"],
  date: ["0001-01-01", "9999-12-31"],
  json: ["{}", "[]", "null"],
  jsonb: ["{}", "[]", "null"],
  text: ["", "x".repeat(1000), "Ä ' \\ \u{1F600}"],
};

function endsOf(type: string): readonly string[] {
  const known = ends[type];
  if (known) return known;
  const [, length] = /^character(?: varying)?\((\d+)\)$/.exec(type) ?? [];
  if (length !== undefined) return ["", "x".repeat(Number(length))];
  const [, precision, scale = "0"] = /^numeric\((\d+)(?:,(\d+))?\)$/.exec(type) ?? [];
  if (precision !== undefined)
    return [mostOf(Number(precision), Number(scale)), `-${mostOf(Number(precision), Number(scale))}`];
  return type.startsWith("timestamp") ? ["0001-01-01 00:00:00", "9999-12-31 23:59:59.999999"] : [];
}

/** The greatest number with so many digits, `scale` of them behind the point. */
function mostOf(precision: number, scale: number): string {
  const whole = "9".repeat(Math.max(0, precision - scale)) || "0";
  return scale > 0 ? `${whole}.${"9".repeat(Math.min(scale, precision))}` : whole;
}
