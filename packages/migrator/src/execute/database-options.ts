import { escapeIdentifier } from "pg";
import { ConfigurationError } from "../errors.ts";
import type { Part } from "../history/part.ts";
import { defaultLedger, type LedgerTable } from "../ledger/tables.ts";
import type { DatabaseAddress } from "../postgres/connection.ts";

/** Which database a run is on, and which part of the history. */
export interface DatabaseOptions {
  /** `postgresql://user:password@host:port/database`, or the driver's own configuration. */
  readonly dsn: DatabaseAddress;
  /** Gives the password; asked at each connect, for a token that is valid for minutes. Default: that of `dsn`. */
  readonly password?: (() => string | Promise<string>) | undefined;
  /** The ledger as `table` or `schema.table`; default: MikroORM's own. */
  readonly ledger?: string | undefined;
  /**
   * A tenant's schema: the ledger is in it, and the search path is this schema and `public`. What is marked `@shared` is
   * not part of its history. Default: the database has one history.
   */
  readonly schema?: string | undefined;
  /** True: only the migrations that are marked `@shared`, which a database with a schema per tenant runs once. */
  readonly shared?: boolean | undefined;
}

/** The address of the database, with what gives its password and the search path of the run. */
export function databaseOf(options: DatabaseOptions): DatabaseAddress {
  const { schema, shared } = options;
  const dsn = withPassword(options);
  if (schema !== undefined) return withSearchPath(dsn, `${escapeIdentifier(schema)}, public`);
  // What is shared is in `public`, whatever the role's own search path is.
  return shared ? withSearchPath(dsn, "public") : dsn;
}

function withPassword({ dsn, password: give }: DatabaseOptions): DatabaseAddress {
  if (!give) return dsn;
  const password = async () => {
    try {
      return await give();
    } catch (cause) {
      throw new ConfigurationError(`The password of the database cannot be had: ${(cause as Error).message}`, {
        cause,
      });
    }
  };
  return typeof dsn === "string" ? { connectionString: dsn, password } : { ...dsn, password };
}

function withSearchPath(dsn: DatabaseAddress, searchPath: string): DatabaseAddress {
  return typeof dsn === "string" ? { connectionString: dsn, searchPath } : { ...dsn, searchPath };
}

/** The part of the history that the run is of; undefined: all of it. Throws a `ConfigurationError`. */
export function partOf({ schema, shared }: DatabaseOptions): Part | undefined {
  if (schema === undefined) return shared ? "shared" : undefined;
  if (shared) throw new ConfigurationError("A run is of one schema or of what is shared: give one of them");
  if (/^$|^pg_|^(information_schema|public)$|\p{Cc}/u.test(schema) || Buffer.byteLength(schema) > 63)
    throw new ConfigurationError(
      `"${schema}" cannot be a tenant's schema: give the name of one, of at most 63 bytes; what all share is in public`,
    );
  return "schema";
}

/** The options of what is shared, for a run that goes on in the schema of a tenant. */
export function beforeSchema<Options extends DatabaseOptions>(options: Options): Options {
  return { ...options, schema: undefined, shared: true, history: undefined };
}

/** The ledger of the run. Throws a `ConfigurationError` for an invalid name. */
export function ledgerOf({
  ledger: name,
  schema,
}: {
  readonly ledger?: string | undefined;
  readonly schema?: string | null | undefined;
}): LedgerTable {
  if (schema && name?.includes("."))
    throw new ConfigurationError(`The ledger of a schema is in it: name it without a schema, not "${name}"`);
  if (name === undefined) return schema ? { ...defaultLedger, schema } : defaultLedger;
  const [first, second, third] = name.split(".");
  if (!first || third !== undefined || second === "")
    throw new ConfigurationError(`"${name}" is not a valid ledger name: use TABLE or SCHEMA.TABLE`);
  if (second !== undefined) return { schema: first, table: second };
  return { schema: schema ?? defaultLedger.schema, table: first };
}
