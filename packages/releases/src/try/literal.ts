import type { RecordedParameter, RecordedStatement } from "../contract/contract.ts";
import { familyOf } from "../schema/family.ts";

/** The statement with constants as MikroORM writes them: numbers and booleans as they are, all else in quotes. */
export function withConstants({ sql, parameters }: Pick<RecordedStatement, "sql" | "parameters">): string {
  return sql.replace(/\$(\d+)/g, (_, number: string) => constantOf(parameters[Number(number) - 1]));
}

function constantOf(parameter: RecordedParameter | undefined): string {
  if (!parameter) return "null";
  const { type, value } = parameter;
  const family = familyOf(type);
  if (family === "number" || family === "numeric") return value ?? "1";
  return family === "boolean" ? (value ?? "true") : literalOf(type, value);
}

/** A value as MikroORM writes it: numbers and booleans as they are, all else in quotes. */
export function literalOf(type: string, value: string | null): string {
  if (value === null) return "null";
  const family = familyOf(type);
  const isNumber = (family === "number" || family === "numeric") && isNumeric(value);
  const isBare = isNumber || (family === "boolean" && /^(?:true|false)$/.test(value));
  return isBare ? value : `'${value.replaceAll("'", "''")}'`;
}

/** True for the text of a number, as PostgreSQL writes it; false for NaN and Infinity, which are names in SQL. */
export function isNumeric(text: string): boolean {
  return /^-?\d+(?:\.\d+)?(?:e[-+]?\d+)?$/i.test(text);
}
