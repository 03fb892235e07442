import type { MigrationFailedError } from "../errors.ts";

/**
 * Describes where a migration failed and what PostgreSQL said: `at statement 2 of 3 (SQLSTATE 23502): column … contains
 * null values`.
 */
export function describeFailure(error: MigrationFailedError): string {
  const { number, total, sqlState, statement } = error;
  const place = number === null ? "" : ` at statement ${number} of ${total}`;
  const state = sqlState === null ? "" : ` (SQLSTATE ${sqlState})`;
  const said = error.cause instanceof Error ? error.cause.message : error.message;
  const sql = statement === null ? "" : ` The statement: ${clip(statement)}`;
  return `${place}${state}: ${said}.${sql}`.trim();
}

function clip(sql: string): string {
  const line = sql.replaceAll(/\s+/g, " ").trim();
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}
