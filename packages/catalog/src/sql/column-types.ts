/** The parts of a column's type as PostgreSQL writes it. */
export interface ColumnType {
  /** Without the size: `timestamp with time zone`; for an array, the name of its elements' type. */
  readonly name: string;
  /** Infinity for a type without a size. */
  readonly size: number;
  readonly scale: number;
  readonly array: boolean;
}

/** Parses a type such as `character varying(20)` or `numeric(12,2)[]`. */
export function readType(type: string): ColumnType {
  const array = type.endsWith("[]");
  const element = array ? type.slice(0, -2) : type;
  const [, head = "", size, scale, tail = ""] =
    /^([a-z ]+?)(?:\((\d+)(?:,(-?\d+))?\))?( with(?:out)? time zone)?$/.exec(element) ?? [];
  const name = head === "" ? element : head + tail;
  return { name, size: Number(size ?? Infinity), scale: Number(scale ?? 0), array };
}

/** Whether the type is a text type; PostgreSQL casts every other type to these implicitly on assignment. */
export function isText({ name }: ColumnType): boolean {
  return ["text", "character varying", "character"].includes(name) || /(^|\.)citext$/.test(name);
}

const wholes: readonly string[] = ["smallint", "integer", "bigint"];

/** Whether the type holds whole numbers only. */
export function isWhole({ name, size, scale }: ColumnType): boolean {
  return wholes.includes(name) || (name === "numeric" && size < Infinity && scale === 0);
}

/** Whether the type is numeric. */
export function isNumber({ name }: ColumnType): boolean {
  return wholes.includes(name) || ["numeric", "real", "double precision"].includes(name);
}

/** Whether every value stays equal when the type changes. */
export function keepsAll(from: string, to: string): boolean {
  const [a, b] = [readType(from), readType(to)];
  if (a.array !== b.array) return false;
  if (b.name === "text" || (b.name === "character varying" && b.size === Infinity)) return true;
  if (a.name === b.name && a.name === "numeric")
    return b.size === Infinity || (a.scale <= b.scale && a.size - a.scale <= b.size - b.scale);
  if (wholes.includes(a.name) && wholes.includes(b.name)) return wholes.indexOf(a.name) <= wholes.indexOf(b.name);
  if (wholes.includes(a.name) && b.name === "numeric" && b.size === Infinity) return true;
  if (a.name === b.name && /^(time|interval)/.test(a.name)) return a.size <= b.size;
  return from === to || kept.has(`${a.name} > ${b.name}`);
}

const kept = new Set([
  "smallint > real",
  "smallint > double precision",
  "integer > double precision",
  "real > double precision",
  "date > timestamp without time zone",
  "time without time zone > time with time zone",
  "json > jsonb",
  "jsonb > json",
]);

/** Whether PostgreSQL changes a column's type without USING. */
export function isAssigned(from: string, to: string): boolean {
  const [a, b] = [readType(from), readType(to)];
  if (isText(b) && !b.array) return true;
  if (a.array !== b.array) return false;
  return a.name === b.name || isText(b) || (isNumber(a) && isNumber(b)) || assigned.has(`${a.name} > ${b.name}`);
}

const [timestamp, timestamptz] = ["timestamp without time zone", "timestamp with time zone"];
const [time, timetz] = ["time without time zone", "time with time zone"];

const assigned = new Set([
  ...[timestamp, timestamptz].map((to) => `date > ${to}`),
  ...["date", time, timestamptz].map((to) => `${timestamp} > ${to}`),
  ...["date", time, timetz, timestamp].map((to) => `${timestamptz} > ${to}`),
  ...[timetz, "interval"].map((to) => `${time} > ${to}`),
  `${timetz} > ${time}`,
  `interval > ${time}`,
  "json > jsonb",
  "jsonb > json",
  "inet > cidr",
  "cidr > inet",
  "bit > bit varying",
  "bit varying > bit",
]);
