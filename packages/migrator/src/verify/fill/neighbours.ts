import { createRandom } from "./random.ts";

/** Values worth trying for a column, read from a CHECK or a partition's bound. */
export interface Hint {
  readonly column: string;
  readonly values: readonly string[];
  /** True: other values are hardly ever allowed. */
  readonly closed: boolean;
}

const number = /^-?\d+(\.\d+)?$/;
const day = /^\d{4}-\d\d-\d\d/;

/** A constant of a comparison, and values next to it on both sides. */
export function around(constant: string): string[] {
  if (number.test(constant)) return aroundNumber(constant);
  if (!day.test(constant)) return [constant];
  return [-1, 0, 1, 30, 400, -400].map((days) => {
    const date = new Date(`${constant.slice(0, 10)}T00:00:00Z`);
    date.setUTCDate(date.getUTCDate() + days);
    return date.toISOString().slice(0, 10) + constant.slice(10);
  });
}

function aroundNumber(constant: string): string[] {
  const fraction = constant.split(".")[1]?.length ?? 0;
  const [value, step] = [Number(constant), 10 ** -fraction];
  if (!Number.isSafeInteger(Math.round(value))) return [constant];
  const steps = [0, 1, -1, 2, -2, 5, -5, 10, -10, 50].map((times) => value + times * step);
  return [...steps, value * 2, value * 3, value * 10].map((one) => one.toFixed(fraction));
}

/** Texts of about this length. */
export function ofLength(length: number): string[] {
  if (!(length >= 0 && length < 10_000)) return [];
  const random = createRandom(String(length));
  const lengths = [length, length - 1, length + 1, length, length].filter((one) => one >= 0);
  return lengths.flatMap((wanted) =>
    ["a", "Z", "9"].map((end) => fill(random.int(0, 36 ** 4).toString(36), wanted, end)),
  );
}

function fill(text: string, length: number, end: string): string {
  return text.padEnd(length, end).slice(0, length);
}

/** Merges the hints of each column, and adds numbers between the smallest and the largest. */
export function spread(hints: readonly Hint[]): Hint[] {
  const columns = [...new Set(hints.map(({ column }) => column))];
  return columns.flatMap((column) => {
    const own = hints.filter((hint) => hint.column === column);
    const values = [...new Set(own.flatMap((hint) => hint.values))];
    const closed = own.some((hint) => hint.closed);
    if (values.length === 0) return [];
    return [{ column, closed, values: closed ? values : [...values, ...between(values)] }];
  });
}

function between(values: readonly string[]): string[] {
  const numbers = values.filter((one) => number.test(one)).map(Number);
  if (numbers.length < 20) return [];
  const [lowest, highest] = [Math.min(...numbers), Math.max(...numbers)];
  return Array.from({ length: 12 }, (_, index) => String(Math.round(lowest + ((highest - lowest) * index) / 12)));
}
