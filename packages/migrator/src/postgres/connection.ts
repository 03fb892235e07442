import type { Query } from "@thedata/catalog";
import { Client, type ClientConfig, type DatabaseError } from "pg";
import { ConnectionError, MigratorError } from "../errors.ts";
import { type Address, readAddress } from "./address.ts";
import { processIdOf, socketOf } from "./driver-internals.ts";

export type { Query } from "@thedata/catalog";

/**
 * Where a database is: a connection string, or the driver's own configuration, which may have a connection string and a
 * password of its own, or a function that is asked for one at each connect.
 */
export type DatabaseAddress = string | (ClientConfig & WithSearchPath);

interface WithSearchPath {
  /** The session's search path as SQL; `reset all` comes back to it. Default: the role's. */
  readonly searchPath?: string | undefined;
}

/** One session on the server. */
export interface Connection {
  readonly query: Query;
  /** The driver's own client, for what `query` cannot say. */
  readonly client: Client;
  /** The server process behind this session. */
  readonly pid: number;
  /** `user@host:port/database`, without the password. */
  readonly address: string;
  /** True as soon as the connection is known to be gone. */
  isLost(): boolean;
  /** Opens a second session, which looks at this one while it is busy. */
  observe(): Promise<Observer>;
  /** Asks the server, by a second session, to cancel the statement under way. */
  cancel(): Promise<void>;
  close(): Promise<void>;
}

/** A second session. */
export interface Observer {
  readonly query: Query;
  close(): Promise<void>;
}

/** Opens a session. Throws a `ConnectionError` that names the address and what to do, never the password. */
export async function connect(dsn: DatabaseAddress, applicationName: string): Promise<Connection> {
  const client = await openClient(dsn, applicationName);
  const address = describeAddress(client);
  let lost = false;
  client.on("error", () => (lost = true));
  client.on("end", () => (lost = true));
  const query: Query = async (sql, parameters) => {
    try {
      return (await client.query(sql, parameters ? [...parameters] : undefined)).rows as never;
    } catch (error) {
      if (!isConnectionFailure(error)) throw error;
      lost = true;
      throw explainLoss(error as Error, address);
    }
  };
  const pid = processIdOf(client);
  return {
    query,
    client,
    pid,
    address,
    isLost: () => lost,
    observe: async () => await observe(dsn),
    cancel: async () => await cancel(dsn, pid),
    close: async () => await close(client),
  };
}

/** Closes the session as soon as the message is sent, without waiting for the server to clear up. */
async function close(client: Client): Promise<void> {
  const stream = socketOf(client);
  await new Promise<void>((resolve) => {
    stream.once("finish", resolve);
    client.end().then(resolve, () => resolve());
  });
  stream.unref();
}

/** Opens a session; tries the other TLS setting where the server refuses the first one. */
async function openClient(dsn: DatabaseAddress, application_name: string): Promise<Client> {
  const { config: given, otherwise } = addressOf(dsn);
  const config = typeof dsn === "string" ? given : withSearchPath(given, dsn);
  const open = async (ssl: ClientConfig["ssl"]) =>
    await openOne({ ...config, ssl, application_name, connectionTimeoutMillis: 10_000, keepAlive: true });
  try {
    return await open(config.ssl);
  } catch (error) {
    if (otherwise === undefined || !refusesTls(error)) throw error;
    return await open(otherwise);
  }
}

function addressOf(dsn: DatabaseAddress): Address {
  if (typeof dsn === "string") return readAddress(dsn);
  const { connectionString, searchPath, ...own } = dsn;
  if (connectionString === undefined) return { config: own };
  // The driver reads a connection string of its own, as of a pool, which may have no password besides.
  if (searchPath === undefined && typeof own.password !== "function") return { config: { connectionString, ...own } };
  const { config, ...more } = readAddress(connectionString);
  return { config: { ...config, ...own }, ...more };
}

/** Sets the search path where the session begins: its settings are what `reset all` comes back to. */
function withSearchPath(config: ClientConfig, { searchPath }: WithSearchPath): ClientConfig {
  if (searchPath === undefined) return config;
  const { options = process.env["PGOPTIONS"] ?? "" } = config;
  const setting = `-c search_path=${searchPath.replaceAll(/[\\\s]/g, String.raw`\$&`)}`;
  return { ...config, options: `${options} ${setting}`.trim() };
}

async function openOne(config: ClientConfig): Promise<Client> {
  const client = new Client(withPasswordFile(config));
  client.on("error", () => {});
  await client.connect().catch((error: unknown) => {
    // The driver leaves a session half open where it has no password to give.
    socketOf(client).destroy();
    throw explainFailure(error, client, describeAddress(client));
  });
  return client;
}

type FindPassword = (
  address: { host: string; port: number; database: string; user: string },
  done: (password: string | undefined) => void,
) => void;

/** As in libpq, a missing password is looked up in the file that `PGPASSFILE` names, or `~/.pgpass`. */
function withPasswordFile(config: ClientConfig): ClientConfig {
  if (config.password || process.env["PGPASSWORD"]) return config;
  const password = async () => {
    // @ts-expect-error: the package has no types
    const { default: findPassword } = (await import("pgpass")) as { default: FindPassword };
    const { host = "localhost", port = 5432, database = "", user = "" } = new Client({ ...config, password: "" });
    return await new Promise<string | undefined>((resolve) => findPassword({ host, port, database, user }, resolve));
  };
  return { ...config, password: password as () => Promise<string> };
}

/** Gives `user@host:port/database` of an address, without the password and without connecting. */
export function describeDatabase(dsn: DatabaseAddress): string {
  return describeAddress(new Client({ ...addressOf(dsn).config, password: "" }));
}

function describeAddress(client: Client): string {
  return `${client.user ?? ""}@${client.host}:${client.port}/${client.database ?? ""}`;
}

async function observe(dsn: DatabaseAddress): Promise<Observer> {
  const client = await openClient(dsn, "migrator observer");
  return {
    query: async (sql, parameters) => (await client.query(sql, parameters ? [...parameters] : undefined)).rows as never,
    close: async () => await client.end().catch(() => {}),
  };
}

async function cancel(dsn: DatabaseAddress, pid: number): Promise<void> {
  const { query, close } = await observe(dsn);
  await query("select pg_cancel_backend($1)", [pid]).finally(close);
}

/** The system's error codes for a connection that cannot be made, or has broken. */
export const networkFailures: ReadonlySet<string> = new Set(
  ["CONNREFUSED", "CONNRESET", "CONNABORTED", "TIMEDOUT", "PIPE", "HOSTUNREACH", "HOSTDOWN", "NETUNREACH", "NETDOWN"]
    .map((code) => `E${code}`)
    .concat("ENOTFOUND", "EAI_AGAIN"),
);

/** True for an error that ends the session: the server ended it or went down, or the network broke. */
export function isConnectionFailure(error: unknown): boolean {
  const { code, message = "" } = error as { code?: string; message?: string };
  // Class 08 except protocol violations, and 57P01 to 57P05: shut down, crashed, starting, database dropped, idle too
  // long.
  if (code !== undefined) return /^(08(?!P01)...|57P0[1-5])$/.test(code) || networkFailures.has(code);
  return /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout expired)/.test(
    message,
  );
}

/** True for a session that could not be opened because the server is not there yet, starts up, or has no room yet. */
export function isNotUpYet(error: unknown): boolean {
  if (!(error instanceof ConnectionError)) return false;
  const { cause, message } = error;
  if (cause === undefined) return / cannot be reached: /.test(message);
  return cause === "53300" || isConnectionFailure({ code: cause });
}

/** True for an error of a server without TLS, or of one that refuses sessions without it. */
function refusesTls(error: unknown): boolean {
  const { cause, message } = error as ConnectionError;
  return cause === "28000" || message.includes("does not support SSL");
}

/** The connection was lost outside a migration's statements: none of them is in doubt. */
function explainLoss(error: Error, address: string): ConnectionError {
  return new ConnectionError(
    `The connection to PostgreSQL was lost (${address}): ${error.message}. Run the same command again: it continues from what is recorded`,
    { cause: error },
  );
}

function explainFailure(cause: unknown, client: Client, address: string): Error {
  // What gives the password has failed, and says so itself.
  if (cause instanceof MigratorError) return cause;
  const error = cause as DatabaseError & NodeJS.ErrnoException;
  return new ConnectionError(`${describeCause(error, client)} (${address})`, { cause: error.code });
}

function describeCause(error: DatabaseError & NodeJS.ErrnoException, client: Client): string {
  switch (error.code) {
    case "28P01":
    case "28000":
      return `PostgreSQL refuses the login of "${client.user}": check user and password`;
    case "3D000":
      return `The database "${client.database}" does not exist and is not created: check the name, or create it first`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `The host name "${client.host}" cannot be resolved: check POSTGRES_HOST or the connection string`;
    case "ECONNREFUSED":
      return `Nothing listens at ${client.host}:${client.port}: is PostgreSQL running there, and is the port right?`;
    case "57P03":
      return `PostgreSQL at ${client.host}:${client.port} is starting up or shutting down: try again in a moment`;
    default:
      if (/client password must be a (?:non-empty )?string/.test(error.message))
        return `PostgreSQL asks for a password of "${client.user}", and none is given: put it into the connection string or PGPASSWORD`;
      return `PostgreSQL at ${client.host}:${client.port} cannot be reached: ${error.message || error.code}`;
  }
}
