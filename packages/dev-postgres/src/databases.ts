import { randomBytes } from "node:crypto";
import pg from "pg";

export interface CreateDatabaseOptions {
  /** The new database's name; default: a random one. */
  readonly name?: string;
  /** A database of the same server to copy, which takes milliseconds; it must have no connections. */
  readonly template?: string;
}

/** Creates a database on the server at `dsn` and gives its address. Throws PostgreSQL's error. */
export async function createDatabase(
  dsn: string,
  { name = randomName(), template }: CreateDatabaseOptions = {},
): Promise<string> {
  const copied = template ? ` template ${pg.escapeIdentifier(template)}` : "";
  await runOn(dsn, `create database ${pg.escapeIdentifier(name)}${copied}`);
  return withDatabaseName(dsn, name);
}

/**
 * Drops the database that `dsn` names, with its connections; `server` is the address of another database on its server.
 */
export async function dropDatabase(server: string, dsn: string): Promise<void> {
  const name = decodeURIComponent(new URL(dsn).pathname.slice(1));
  await runOn(server, `drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
}

/** Replaces the database's name in an address. */
export function withDatabaseName(dsn: string, name: string): string {
  const url = new URL(dsn);
  url.pathname = `/${encodeURIComponent(name)}`;
  return url.href;
}

function randomName(): string {
  return `test_${randomBytes(8).toString("hex")}`;
}

async function runOn(dsn: string, sql: string): Promise<void> {
  const client = new pg.Client(dsn);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
