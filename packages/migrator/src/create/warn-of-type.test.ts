import { describe, expect, it } from "vitest";
import type { CatalogObject } from "@thedata/catalog";
import { warnOfType } from "./warn-of-type.ts";

const column = (type: string): CatalogObject => ({
  kind: "column",
  name: "public.t.c",
  table: "public.t",
  position: 1,
  inherited: false,
  properties: { type },
});
const warn = (from: string, to: string) => {
  const [message, ...more] = warnOfType("t.c", column(from), column(to));
  expect(more).toEqual([]);
  if (message === undefined) return "nothing";
  return message.includes("does not fit") ? "loss" : "rewrite";
};

describe("warnOfType", () => {
  it.each([
    ["character varying(10)", "character varying(20)", "nothing"],
    ["character varying(10)", "character varying", "nothing"],
    ["character varying(10)", "text", "nothing"],
    ["numeric(8,2)", "numeric(12,2)", "nothing"],
    ["numeric(8,2)", "numeric", "nothing"],
    ["timestamp(0) with time zone", "timestamp with time zone", "nothing"],
    ["integer", "integer", "nothing"],
    ["smallint", "bigint", "rewrite"],
    ["integer", "numeric", "rewrite"],
    ["real", "double precision", "rewrite"],
    ["integer", "text", "rewrite"],
    ["uuid", "character varying", "rewrite"],
    ["json", "jsonb", "rewrite"],
    ["numeric(8,2)", "numeric(12,4)", "rewrite"],
    ["date", "timestamp without time zone", "rewrite"],
    ["character varying(20)", "character varying(10)", "loss"],
    ["text", "character varying(10)", "loss"],
    ["bigint", "integer", "loss"],
    ["numeric(12,4)", "numeric(12,2)", "loss"],
    ["numeric(8,2)", "numeric(8,4)", "loss"],
    ["text", "integer", "loss"],
    ["text", "jsonb", "loss"],
    ["timestamp with time zone", "timestamp(0) with time zone", "loss"],
    ["timestamp with time zone", "date", "loss"],
    ["text[]", "integer[]", "loss"],
  ])("from %s to %s warns of %s", (from, to, what) => {
    expect(warn(from, to)).toBe(what);
  });
});

describe("a loss that PostgreSQL does not refuse", () => {
  it.each([
    ["text", "character varying(10)", /spaces at its end/],
    ["character varying(20)", "character(10)", /spaces at its end/],
    ["json", "jsonb", /a key twice/],
  ])("from %s to %s is told", (from, to, what) => {
    expect(warnOfType("t.c", column(from), column(to))).toEqual([expect.stringMatching(what)]);
  });

  it("is told of no other change", () => {
    expect(warnOfType("t.c", column("bigint"), column("integer"))).toEqual([expect.not.stringMatching(/spaces|twice/)]);
  });
});
