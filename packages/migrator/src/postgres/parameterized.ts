import { escapeLiteral } from "pg";

/** A statement and the values of its `$1` … */
export interface Parameterized {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** Writes a statement's parameters into its text, as literals, for scripts and multi-statement messages. */
export function inline({ sql, parameters }: Parameterized): string {
  return sql.replaceAll(/\$(\d+)/g, (_, number: string) => literal(parameters[Number(number) - 1]));
}

function literal(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return `array[${value.map(literal).join(", ")}]`;
  return escapeLiteral(String(value));
}
