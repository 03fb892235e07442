import type { Random } from "./random.ts";
import { makeText } from "./texts.ts";

/** Makes the text of a value; `modifiers` are the numbers in the type's brackets. */
export type MakeScalar = (random: Random, modifiers: readonly number[]) => string;

const whole =
  (lowest: bigint, highest: bigint): MakeScalar =>
  (random) => {
    if (random.percent(8)) return String(random.pick([0n, 1n, -1n, lowest, highest]));
    return String(random.int(1, Math.min(Number(highest), random.percent(70) ? 10_000 : 2_000_000_000)));
  };

const decimal: MakeScalar = (random, [precision = 12, scale = precision === 12 ? 3 : 0]) => {
  const digits = Math.max(0, Math.min(precision - scale, 9));
  const before = digits === 0 ? 0 : random.int(0, 10 ** random.int(1, digits) - 1);
  const sign = random.percent(10) ? "-" : "";
  if (scale <= 0) return `${sign}${before}`;
  return `${sign}${before}.${String(random.int(0, 10 ** Math.min(scale, 9) - 1)).padStart(Math.min(scale, 9), "0")}`;
};

const float: MakeScalar = (random) =>
  random.pick([String(random.int(-1000, 100_000) / 8), "0", "-0.5", "1e-5", "123456"]);

const two = (number: number) => String(number).padStart(2, "0");
// Dates before any run, so that they differ from time stamps of the run.
const date: MakeScalar = (random) =>
  random.percent(8)
    ? random.pick(["1970-01-01", "2000-02-29", "1900-01-01", "2024-12-31"])
    : `${random.int(2001, 2024)}-${two(random.int(1, 12))}-${two(random.int(1, 28))}`;
const time: MakeScalar = (random) =>
  `${two(random.int(0, 23))}:${two(random.int(0, 59))}:${two(random.int(0, 59))}${random.percent(50) ? `.${String(random.int(0, 999_999)).padStart(6, "0")}` : ""}`;
const timestamp: MakeScalar = (random) => `${date(random, [])} ${time(random, [])}`;

const hex = (random: Random, length: number) => Array.from({ length }, () => random.int(0, 15).toString(16)).join("");
const uuid: MakeScalar = (random) =>
  `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-${random.pick(["8", "9", "a", "b"])}${hex(random, 3)}-${hex(random, 12)}`;

const bits =
  (fixed: boolean): MakeScalar =>
  (random, [length]) => {
    const wanted = length ?? (fixed ? 1 : 8);
    return Array.from({ length: fixed ? wanted : random.int(1, wanted) }, () => random.int(0, 1)).join("");
  };

const json: MakeScalar = (random) => {
  const word = JSON.stringify(makeText(random, 40));
  const number = random.int(0, 1000);
  return random.pick([
    "{}",
    `{"key": ${word}, "number": ${number}}`,
    `{"nested": {"list": [1, null, ${word}], "flag": true}}`,
    `{"number": ${number}}`,
    `[${number}, ${word}]`,
    word,
    String(number),
    "null",
  ]);
};

const text: MakeScalar = (random, [length]) => makeText(random, length);
const point: MakeScalar = (random) => `(${random.int(-90, 90)},${random.int(-180, 180)})`;
const box: MakeScalar = (random) => `${point(random, [])},${point(random, [])}`;
const inet: MakeScalar = (random) =>
  random.percent(30)
    ? `2001:db8::${hex(random, 4)}`
    : `10.${random.int(0, 255)}.${random.int(0, 255)}.${random.int(1, 254)}`;
const word: MakeScalar = (random) => `w${hex(random, 6)}`;

/** Makes values of PostgreSQL's own types and of well-known extensions' types, by type name. */
export const scalars: Readonly<Record<string, MakeScalar>> = {
  int2: whole(-32_768n, 32_767n),
  int4: whole(-2_147_483_648n, 2_147_483_647n),
  int8: whole(-9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n),
  numeric: decimal,
  money: (random) => decimal(random, [8, 2]),
  float4: float,
  float8: float,
  oid: (random) => String(random.int(1, 100_000)),
  xid: (random) => String(random.int(3, 100_000)),
  xid8: (random) => String(random.int(3, 100_000)),
  bool: (random) => random.pick(["t", "f"]),
  text,
  varchar: text,
  bpchar: (random, [length = 1]) => makeText(random, length),
  citext: text,
  name: (random) => makeText(random, 20),
  char: (random) => random.pick(["a", "B", "7"]),
  uuid,
  json,
  jsonb: json,
  jsonpath: (random) => `$.${word(random, [])}`,
  xml: (random) => `<a>${word(random, [])}</a>`,
  date,
  time,
  timetz: (random) => `${time(random, [])}+02`,
  timestamp,
  timestamptz: (random) => `${timestamp(random, [])}${random.pick(["+00", "+02", "-05:30"])}`,
  interval: (random) =>
    random.pick([`${random.int(0, 400)} days`, `${random.int(1, 90)} minutes`, "1 mon 2 days 03:04:05"]),
  bytea: (random) => `\\x${hex(random, 2 * random.int(0, 12))}`,
  inet,
  cidr: (random) => `10.${random.int(0, 255)}.${random.int(0, 255)}.0/24`,
  macaddr: (random) => hex(random, 12),
  macaddr8: (random) => hex(random, 16),
  bit: bits(true),
  varbit: bits(false),
  point,
  lseg: (random) => `[${box(random, [])}]`,
  line: (random) => `{${random.int(1, 9)},${random.int(1, 9)},${random.int(-9, 9)}}`,
  box,
  path: (random) => `[${box(random, [])}]`,
  polygon: (random) => `(${box(random, [])},${point(random, [])})`,
  circle: (random) => `<${point(random, [])},${random.int(1, 50)}>`,
  tsvector: (random) => `'${word(random, [])}':1 '${word(random, [])}':2`,
  tsquery: (random) => `'${word(random, [])}'`,
  pg_lsn: (random) => `${hex(random, 2)}/${hex(random, 6)}`,
  regclass: () => "pg_class",
  regtype: () => "integer",
  regrole: () => "pg_monitor",
  hstore: (random) => `"${word(random, [])}"=>"1"`,
  ltree: (random) => `${word(random, [])}.${word(random, [])}`,
  vector: (random, [length = 3]) => `[${Array.from({ length }, () => random.int(-9, 9)).join(",")}]`,
  geometry: (random) => `POINT(${random.int(-180, 180)} ${random.int(-90, 90)})`,
  geography: (random) => `POINT(${random.int(-180, 180)} ${random.int(-90, 90)})`,
};

/** Texts that types commonly accept, for a type without an entry in `scalars`. */
export const guesses = ["", "0", "1", "a", "{}", "(1,1)", "[1,2,3]", "00:00:00", "2024-01-01"];
