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
