import { DriverException } from "@mikro-orm/core";
import { networkFailures } from "@thedata/migrator/postgres";
import pg from "pg";
import { WrongDatabaseError } from "./database.ts";
import { conflict, HttpProblem, unprocessable } from "./problem.ts";

/** What the database, or the way to it, said when it failed. */
export interface DatabaseFailure {
  /** PostgreSQL's SQLSTATE, the system's code, or one of ours where the driver gives none. */
  readonly code: string;
  /** One line without any row's values. */
  readonly message: string;
  readonly constraint: string | undefined;
  readonly table: string | undefined;
}

type AnyError = Error & { readonly code?: unknown; readonly constraint?: string; readonly table?: string };

/** Reads an error as a failure of the database; undefined where it is something else. */
export function readDatabaseFailure(error: AnyError): DatabaseFailure | undefined {
  const { constraint, table } = error;
  const own = typeof error.code === "string" ? error.code : undefined;
  const code = own ?? driverFailures.find(([says]) => says.test(error.message))?.[1];
  const isDatabase = error instanceof DriverException || error instanceof pg.DatabaseError || isOfTheWay(error, code);
  if (!isDatabase || "statusCode" in error) return undefined;
  return { code: code ?? "UNKNOWN", message: withoutValues(code, error.message), constraint, table };
}

/** The code of the database's failure that an error is, or that caused it. */
export function findDatabaseCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return readDatabaseFailure(error)?.code ?? findDatabaseCode(error.cause);
}

/** The problem that a failure is for the caller; undefined where it is our own fault. */
export function explainDatabaseFailure(failure: DatabaseFailure): HttpProblem | undefined {
  const { code, constraint } = failure;
  const field = fieldOf(failure);
  if (code === "23505") return conflict(`Another one has this ${field} already`, field);
  if (code === "23503") return unprocessable(`${field} names something that does not exist`, field);
  if (code === "23514") return unprocessable(`${field} breaks the rule ${constraint}`, field);
  // A value that passed the schema but that PostgreSQL cannot store, such as text with a zero byte.
  if (code.startsWith("22") || code === protocolViolation) return new HttpProblem(422, "A value cannot be stored");
  if (isBusy(code)) return new HttpProblem(503, "The database is busy: try again in a moment", { retryAfter: 1 });
  if (isUnusable(code))
    return new HttpProblem(503, "The database cannot be used at the moment: try again later", { retryAfter: 5 });
  return undefined;
}

const protocolViolation = "08P01";

// What the driver says without a code, and what it means.
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

// Waiting too long for a connection, an answer or a lock, cancelled, a deadlock, no resources.
const isBusy = (code: string) => /^(53|57014|55P03|40001|40P01|POOL_TIMEOUT|QUERY_TIMEOUT)/.test(code);

// No connection, not this login, no such database, read only, shutting down, the server's own trouble.
const isUnusable = (code: string) =>
  /^(08|28|3D000|25006|57|58)/.test(code) || driverCodes.has(code) || systemCodes.has(code) || code === wrongDatabase;
const wrongDatabase = WrongDatabaseError.code;

function isOfTheWay(error: Error, code = ""): boolean {
  return error instanceof WrongDatabaseError || driverCodes.has(code) || systemCodes.has(code);
}

/** MikroORM adds PostgreSQL's detail, a whole row sometimes; some codes have values in the first line too. */
function withoutValues(code = "", message: string): string {
  return /^(22|P0)/.test(code) ? "" : (message.split("\n", 1)[0] ?? "");
}

const composite: Record<string, string> = { uq_user_roles_user_id_role_id_organization_id: "roleId" };

/** Constraints are named by kind, table and columns: `uq_users_email_lower` is about `email`. */
function fieldOf({ constraint = "", table = "" }: DatabaseFailure): string {
  const columns = constraint.replace(new RegExp(`^(uq|fk|ck)_${table}_`), "").replace(/_lower$/, "");
  return composite[constraint] ?? columns.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
