import { DriverException } from "@mikro-orm/core";
import { conflict, HttpProblem, unprocessable } from "./problem.ts";

/** What PostgreSQL says about a statement that it refused. */
export interface DatabaseError extends DriverException {
  readonly constraint?: string;
  readonly table?: string;
}

/** Whether the database, or the way to it, failed. */
export function isDriverError(error: unknown): error is DatabaseError {
  return error instanceof DriverException;
}

/** The problem that a refused statement is for the caller; undefined where it is our own fault. */
export function explainDatabaseError(error: DatabaseError): HttpProblem | undefined {
  const code = error.code ?? "";
  const field = fieldOf(error);
  if (code === "23505") return conflict(`Another one has this ${field} already`, field);
  if (code === "23503") return unprocessable(`${field} names something that does not exist`, field);
  if (code === "23514") return unprocessable(`${field} breaks the rule ${error.constraint}`, field);
  // A value that passed the schema but that PostgreSQL cannot store, such as text with a zero byte.
  if (code.startsWith("22") || code === protocolViolation) return new HttpProblem(422, "A value cannot be stored");
  if (isUnreachable(code)) return new HttpProblem(503, "The database cannot be reached at the moment");
  return undefined;
}

const protocolViolation = "08P01";

const composite: Record<string, string> = { uq_user_roles_user_id_role_id_organization_id: "roleId" };

/** Constraints are named by kind, table and columns: `uq_users_email_lower` is about `email`. */
function fieldOf({ constraint = "", table = "" }: DatabaseError): string {
  const columns = constraint.replace(new RegExp(`^(uq|fk|ck)_${table}_`), "").replace(/_lower$/, "");
  return composite[constraint] ?? columns.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

function isUnreachable(code: string): boolean {
  return (
    /^(08|57P|53300)/.test(code) || ["ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN"].includes(code)
  );
}
