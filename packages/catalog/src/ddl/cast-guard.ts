import { escapeLiteral } from "pg";
import { type ColumnType, isNumber, isText, isWhole, keepsAll, readType } from "../sql/column-types.ts";
import { lastPart, shorten, unquote } from "../sql/names.ts";

/** A column whose type changes; its table and its name as SQL takes them. */
export interface TypeChange {
  readonly table: string;
  readonly column: string;
  readonly from: string;
  readonly to: string;
  /** An enum takes a text as it is or not at all. */
  readonly toEnum?: boolean | undefined;
}

/**
 * The statement that stands before a change of a type in which PostgreSQL would cut or round values without a word: it
 * counts those, and stops while there are any. Undefined where nothing is lost, or PostgreSQL itself refuses what does
 * not fit.
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

/** Whether a statement is such a one. */
export function isGuard(statement: string | undefined): boolean {
  return statement?.startsWith("do $guard$\n") ?? false;
}

/** The casts that make a value, once it has its new type and as it is now, comparable. */
interface Loss {
  readonly after: string;
  readonly before: string;
}

/** Finds how to tell the values that a cast changes without a word; undefined where there can be none. */
function findLoss(from: string, to: string): Loss | undefined {
  const [a, b] = [readType(from), readType(to)];
  if (keepsAll(from, to) || refusesMisfits(a, b)) return undefined;
  const brackets = a.array && b.array ? "[]" : "";
  const both = (...types: string[]): Loss => compare(types, types, brackets);
  if (a.array !== b.array) return both("text");
  // Of a floating-point number, PostgreSQL writes the shortest text that means it.
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

/** Pairs between which there is a cast back. */
const returning = new Set(["inet > cidr", "integer > boolean"]);

/** What PostgreSQL reads from a text without leaving anything out, or refuses. */
const readWhole = new Set(["boolean", "uuid", "json", "jsonb", "bytea", "xml", "interval", "inet"]);

function findLossOfText(to: ColumnType, brackets: string): Loss | undefined {
  const { name, size } = to;
  if (readWhole.has(name)) return undefined;
  if (name === "date") return compare(["timestamp"], ["timestamp"], brackets);
  // A time zone in the text is passed over.
  if (name === "timestamp without time zone") return compare([], ["timestamptz", "timestamp"], brackets);
  if (name.startsWith("time")) return size < Infinity ? compare([], [name], brackets) : undefined;
  // `01234` is more than the number that a whole one would be.
  if (!isNumber(to) || isWhole(to)) return compare(["text"], ["text"], brackets);
  return compare(["text", "numeric"], ["numeric"], brackets);
}
