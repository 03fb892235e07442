import { escapeLiteral } from "pg";
import { type ColumnType, isNumber, isText, isWhole, keepsAll, readType } from "../sql/column-types.ts";
import { lastPart, shorten, unquote } from "../sql/names.ts";

/** A column whose type changes; table and column as SQL names them. */
export interface TypeChange {
  readonly table: string;
  readonly column: string;
  readonly from: string;
  readonly to: string;
  /** An enum takes a text unchanged or refuses it. */
  readonly toEnum?: boolean | undefined;
}

/**
 * A DO statement to run before a type change in which PostgreSQL would silently cut or round values: it counts such
 * rows and raises an error if there are any. Undefined where nothing is lost, or where PostgreSQL refuses what does not
 * fit.
 */
export function guardOf(change: TypeChange): string | undefined {
  const loss = change.toEnum ? undefined : findLoss(change.from, change.to);
  if (!loss) return undefined;
  const { table, column, to } = change;
  const what = `rows of ${shorten(table).replaceAll('"', "")} whose ${unquote(lastPart(column))} ${to} would cut or round: `;
  const way = ". Change them first, or take this check out of the migration where that may be lost";
  return [
    "do $guard$",
    "declare lost bigint;",
    "begin",
    `  lock table ${table} in access exclusive mode;`,
    `  select count(*) into lost from ${table} where ${column}::${to}${loss.after} is distinct from ${column}${loss.before};`,
    "  if lost > 0 then",
    "    raise exception using errcode = 'data_exception',",
    `      message = ${escapeLiteral(what)} || lost || ${escapeLiteral(way)};`,
    "  end if;",
    "end $guard$",
  ].join("\n");
}

/** Whether a statement comes from `guardOf`. */
export function isGuard(statement: string | undefined): boolean {
  return statement?.startsWith("do $guard$\n") ?? false;
}

/** Casts that make the value of the new type (`after`) and the present value (`before`) comparable. */
interface Loss {
  readonly after: string;
  readonly before: string;
}

/** Finds how to detect the values that a cast silently changes; undefined where it changes none. */
function findLoss(from: string, to: string): Loss | undefined {
  const [a, b] = [readType(from), readType(to)];
  if (keepsAll(from, to) || refusesMisfits(a, b)) return undefined;
  const brackets = a.array && b.array ? "[]" : "";
  const both = (...types: string[]): Loss => compare(types, types, brackets);
  if (a.array !== b.array) return both("text");
  // PostgreSQL writes a floating-point number as the shortest text that gives the same number.
  if (isNumber(a) && isNumber(b)) return both("text", "numeric");
  if (isText(a)) return findLossOfText(b, brackets);
  const back = a.name === b.name || (isMoment(a) && isMoment(b)) || returning.has(`${a.name} > ${b.name}`);
  return both(back ? a.name : "text");
}

function compare(after: readonly string[], before: readonly string[], brackets: string): Loss {
  const chain = (types: readonly string[]) => types.map((type) => `::${type}${brackets}`).join("");
  return { after: chain(after), before: chain(before) };
}

/** Whether PostgreSQL refuses every value that does not fit, instead of cutting or rounding it. */
function refusesMisfits(a: ColumnType, b: ColumnType): boolean {
  if (isText(b) && !b.array) return true;
  if (a.array !== b.array) return false;
  if (isText(b) || a.name === "boolean" || (a.name.startsWith("bit") && b.name.startsWith("bit"))) return true;
  if (isWhole(a)) return isWhole(b) || (b.name === "numeric" && b.scale >= 0);
  return a.name === "numeric" && b.name === "numeric" && a.size < Infinity && a.scale <= b.scale;
}

const isMoment = ({ name }: ColumnType) => /^(date$|timestamp)/.test(name);

/** Type pairs with a cast back. */
const returning = new Set(["inet > cidr", "integer > boolean"]);

/** Types to which PostgreSQL converts a whole text or refuses it. */
const readWhole = new Set(["boolean", "uuid", "json", "jsonb", "bytea", "xml", "interval", "inet"]);

function findLossOfText(to: ColumnType, brackets: string): Loss | undefined {
  const { name, size } = to;
  if (readWhole.has(name)) return undefined;
  if (name === "date") return compare(["timestamp"], ["timestamp"], brackets);
  // PostgreSQL ignores a time zone in the text.
  if (name === "timestamp without time zone") return compare([], ["timestamptz", "timestamp"], brackets);
  if (name.startsWith("time")) return size < Infinity ? compare([], [name], brackets) : undefined;
  // Compared as text: `01234` would lose its zero as a whole number.
  if (!isNumber(to) || isWhole(to)) return compare(["text"], ["text"], brackets);
  return compare(["text", "numeric"], ["numeric"], brackets);
}
