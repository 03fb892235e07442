import { on, type Rule } from "../rule.ts";

const sizes: Readonly<Record<string, number>> = {
  bool: 1,
  int2: 2,
  int4: 4,
  int8: 8,
  float4: 4,
  float8: 8,
  date: 4,
  timestamp: 8,
  timestamptz: 8,
  uuid: 16,
};

export const rule: Rule = {
  name: "column-padding",
  severity: "note",
  optional: true,
  summary: "Columns in the order of their sizes waste no bytes between them.",
  find: on("create table", ({ columns, table }) => {
    const fixed = columns
      .map(({ type }) => sizes[type.name])
      .filter((size) => size !== undefined)
      .map((size) => Math.min(size, 8));
    const wasted = (order: readonly number[]) =>
      order.reduce(
        ([at, lost], size) => {
          const gap = (size - (at % size)) % size;
          return [at + gap + size, lost + gap] as [number, number];
        },
        [0, 0] as [number, number],
      )[1];
    const saved = wasted(fixed) - wasted(fixed.toSorted((a, b) => b - a));
    return (
      saved >= 8 && {
        message: `${table.join(".")} wastes ${saved} bytes a row between its columns`,
        hint: "the widest columns first",
      }
    );
  }),
  fires: [
    "create table t (a bool, b bigint, c bool, d bigint)",
    "create table t (a smallint, b timestamptz, c bool, d bigint)",
    "create table t (a int, b bigint, c int, d bigint)",
  ],
  silent: [
    "create table t (a bigint, b bigint, c bool, d bool)",
    "create table t (a int, b text)",
    "create table t (a bool, b bool)",
  ],
};
