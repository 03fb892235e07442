import { ConfigurationError } from "../errors.ts";
import type { Connection } from "../postgres/connection.ts";

/** Throws a `ConfigurationError` where the database has no such schema: an empty history would look like a new tenant. */
export async function requireSchema({ query, address }: Connection, schema: string): Promise<void> {
  const [found] = await query("select from pg_namespace where nspname = $1", [schema]);
  if (found) return;
  throw new MissingSchemaError(schema, address);
}

/** The schema of a tenant is not in its database. */
export class MissingSchemaError extends ConfigurationError {
  constructor(schema: string, address: string) {
    super(`The schema "${schema}" does not exist in ${address} and is not created: check the name, or create it first`);
  }
}
