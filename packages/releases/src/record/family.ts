import type { Family } from "../contract/contract.ts";

const byType: Readonly<Record<string, Family>> = {
  smallint: "number",
  integer: "number",
  real: "number",
  "double precision": "number",
  oid: "number",
  bigint: "numeric",
  numeric: "numeric",
  boolean: "boolean",
  date: "date",
  json: "json",
  jsonb: "json",
  bytea: "bytes",
};

/** The family of a type, as the catalog writes it: `character varying(255)`, `timestamp with time zone`. */
export function familyOf(type: string): Family {
  if (type.endsWith("[]")) return "array";
  if (type.startsWith("timestamp")) return "timestamp";
  if (type.startsWith("time ") || type.startsWith("time(")) return "time";
  return byType[type.replace(/\(.*\)/, "")] ?? "text";
}

/** A value as the driver gives it to MikroORM. */
export const samples: Readonly<Record<Family, unknown>> = {
  number: 7,
  numeric: "7",
  // As text, this is a true value in JavaScript.
  boolean: false,
  text: "some text",
  timestamp: "2024-05-06 07:08:09.123+00",
  date: "2024-05-06",
  time: "07:08:09",
  json: { some: "json" },
  array: ["some text"],
  bytes: Buffer.from("some bytes"),
};

/** The sample of one family as the driver gives it once its column has another family. */
export function sampleAs(own: Family, family: Family): unknown {
  if (family === own) return samples[own];
  if (family === "text" || family === "numeric") return textOf(own);
  if (family === "number" && own === "numeric") return Number(samples.numeric);
  return samples[family];
}

function textOf(family: Family): unknown {
  const value = samples[family];
  if (family === "json") return JSON.stringify(value);
  return family === "array" ? samples.text : family === "bytes" ? "\\x736f6d65" : String(value);
}
