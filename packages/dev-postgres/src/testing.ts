import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { inject, onTestFinished } from "vitest";
import { createDatabase, dropDatabase } from "./databases.ts";
import "./vitest.ts";

/** Creates a folder that is removed after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "test-"));
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files, by their paths in the folder. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
}

/** Sends one statement and gives its rows. */
export type Sql = <Row = Record<string, unknown>>(text: string, values?: unknown[]) => Promise<Row[]>;

/** A database of the test's own. */
export interface TestDatabase {
  readonly dsn: string;
  readonly sql: Sql;
  /** As `tablesOf` gives them. */
  tables(): Promise<string[]>;
  /** Opens another session, which is closed after the test. */
  connect(): Promise<pg.Client>;
}

/** Creates an empty database on the run's server, or on `server`; it is dropped after the test. */
export async function emptyDatabase(server: string = inject("postgresDsn")): Promise<TestDatabase> {
  const dsn = await createDatabase(server);
  onTestFinished(async () => await dropDatabase(server, dsn));
  const connect = async () => await openClient(dsn);
  const client = await connect();
  const sql: Sql = async (text, values) => (await client.query(text, values)).rows as never;
  return { dsn, connect, sql, tables: async () => await tablesOf(sql) };
}

/** Opens a session that is closed after the test; the server may end it earlier. */
export async function openClient(dsn: string, application_name = "test"): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: dsn, application_name });
  client.on("error", () => {});
  await client.connect();
  onTestFinished(async () => await client.end().catch(() => {}));
  return client;
}

/** The names of the tables in `public`, sorted, without those that stand beside every ledger. */
export async function tablesOf(sql: Sql): Promise<string[]> {
  const rows = await sql<{ name: string }>(
    "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname !~ '_(audit|progress|backfill|releases|verdicts)$' order by 1",
  );
  return rows.map(({ name }) => name);
}

/** Repeats `ask` until the answer is truthy, for at most twenty seconds, and gives the answer. */
export async function until<Value>(ask: () => Promise<Value>): Promise<NonNullable<Value>> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline;) {
    const value = await ask();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`this did not become true: ${ask.toString()}`);
}
