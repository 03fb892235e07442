import { DriverException } from "@mikro-orm/core";
import { networkFailures } from "@thedata/migrator/postgres";
import pg from "pg";
import { WrongDatabaseError } from "./database.ts";
import { conflict, HttpProblem, unprocessable } from "./problem.ts";

/** A failure of the database or of the connection to it. */
export interface DatabaseFailure {
  /** PostgreSQL's SQLSTATE, a system error code, or one of our codes where the driver gives none. */
  readonly code: string;
  /** One line without values of rows. */
  readonly message: string;
  readonly constraint: string | undefined;
  readonly table: string | undefined;
}

type AnyError = Error & { readonly code?: unknown; readonly constraint?: string; readonly table?: string };

/** Turns an error into a failure of the database; undefined for any other error. */
export function readDatabaseFailure(error: AnyError): DatabaseFailure | undefined {
  const { constraint, table } = error;
  const own = typeof error.code === "string" ? error.code : undefined;
  const code = own ?? driverFailures.find(([says]) => says.test(error.message))?.[1];
  const isDatabase = error instanceof DriverException || error instanceof pg.DatabaseError || isOfTheWay(error, code);
  if (!isDatabase || "statusCode" in error) return undefined;
  return { code: code ?? "UNKNOWN", message: withoutValues(code, error.message), constraint, table };
}

/** The code of the database failure that an error is or was caused by. */
export function findDatabaseCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return readDatabaseFailure(error)?.code ?? findDatabaseCode(error.cause);
}

/** The answer to the caller for a failure; undefined where the API is at fault. */
export function explainDatabaseFailure(failure: DatabaseFailure): HttpProblem | undefined {
  const { code, constraint } = failure;
  const field = fieldOf(failure);
  if (code === "23505") return conflict(`Another one has this ${field} already`, field);
  if (code === "23503") return unprocessable(`${field} names something that does not exist`, field);
  if (code === "23514") return unprocessable(`${field} breaks the rule ${constraint}`, field);
  // PostgreSQL cannot store a value that the schema accepts, such as text with a zero byte.
  if (code.startsWith("22") || code === protocolViolation) return new HttpProblem(422, "A value cannot be stored");
  if (isBusy(code)) return new HttpProblem(503, "The database is busy: try again in a moment", { retryAfter: 1 });
  if (isUnusable(code))
    return new HttpProblem(503, "The database cannot be used at the moment: try again later", { retryAfter: 5 });
  return undefined;
}

const protocolViolation = "08P01";

// Messages of the driver that have no code, and our codes for them.
const driverFailures: readonly (readonly [RegExp, string])[] = [
  [/^timeout exceeded when trying to connect/, "POOL_TIMEOUT"],
  [/^(timeout expired|Connection terminated due to connection timeout)/, "CONNECT_TIMEOUT"],
  [/^Query read timeout/, "QUERY_TIMEOUT"],
  [/^(Connection terminated|Client has encountered a connection error|Client was closed)/, "CONNECTION_LOST"],
  [/^Cannot use a pool after calling end/, "POOL_CLOSED"],
  [/^(The server does not support SSL|There was an error establishing an SSL)/, "NO_TLS"],
];
const driverCodes = new Set(driverFailures.map(([, code]) => code));

const systemCodes = new Set([...networkFailures, "EMFILE", "ENFILE", "ENOENT", "EACCES"]);

// No resources, cancelled, lock timeout, serialization failure, deadlock, no connection or answer in time.
const isBusy = (code: string) => /^(53|57014|55P03|40001|40P01|POOL_TIMEOUT|QUERY_TIMEOUT)/.test(code);

// Connection lost, login refused, no such database, read-only, shutting down, system error.
const isUnusable = (code: string) =>
  /^(08|28|3D000|25006|57|58)/.test(code) || driverCodes.has(code) || systemCodes.has(code) || code === wrongDatabase;
const wrongDatabase = WrongDatabaseError.code;

function isOfTheWay(error: Error, code = ""): boolean {
  return error instanceof WrongDatabaseError || driverCodes.has(code) || systemCodes.has(code);
}

/**
 * The first line: MikroORM appends PostgreSQL's detail, which may hold a whole row. For some codes even the first line
 * has values.
 */
function withoutValues(code = "", message: string): string {
  return /^(22|P0)/.test(code) ? "" : (message.split("\n", 1)[0] ?? "");
}

const composite: Record<string, string> = { uq_user_roles_user_id_role_id_organization_id: "roleId" };

/** The field from a constraint's name, which has kind, table and columns: `uq_users_email_lower` gives `email`. */
function fieldOf({ constraint = "", table = "" }: DatabaseFailure): string {
  const columns = constraint.replace(new RegExp(`^(uq|fk|ck)_${table}_`), "").replace(/_lower$/, "");
  return composite[constraint] ?? columns.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
