import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createDatabase, dropDatabase, withDatabaseName } from "@thedata/dev-postgres";
import "@thedata/dev-postgres/vitest";
import pg from "pg";
import { inject, onTestFinished } from "vitest";
import { type Context, createContext, type ContextOptions } from "../src/execute/context.ts";
import type { Event } from "../src/events.ts";

/** What a migration of a test does; without `down` its class has none. */
export interface Steps {
  readonly up?: readonly string[];
  readonly down?: readonly string[];
  readonly transactional?: boolean;
  /** TypeScript that stands in `up` before the statements: for code that computes. */
  readonly code?: string;
}

/** The text of a migration's file. */
export function migrationSource(name: string, { up = [], down, transactional, code = "" }: Steps): string {
  const add = (statements: readonly string[]) => statements.map((sql) => `this.addSql(${JSON.stringify(sql)});`);
  return [
    `import { Migration } from "@mikro-orm/migrations";`,
    `export class ${name.replaceAll(/\W/g, "_")} extends Migration {`,
    ...(transactional === false ? ["override isTransactional() { return false; }"] : []),
    `override async up() { ${code}`,
    ...add(up),
    "}",
    ...(down ? ["override async down() {", ...add(down), "}"] : []),
    "}",
    "",
  ].join("\n");
}

/** Makes a folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "migrator-test-"));
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Makes a folder of files: a migration's steps by its name, or any file's text by its name with its ending. */
export async function folderOf(files: Readonly<Record<string, Steps | string>>): Promise<string> {
  const folder = await temporaryFolder();
  await addFiles(folder, files);
  return folder;
}

/** Writes more files of the same kinds into a folder. */
export async function addFiles(folder: string, files: Readonly<Record<string, Steps | string>>): Promise<void> {
  for (const [name, content] of Object.entries(files))
    if (typeof content === "string") await writeFile(path.join(folder, name), content);
    else await writeFile(path.join(folder, `${name}.ts`), migrationSource(name, content));
}

/** Sends one statement and gives its rows. */
export type Sql = <Row = Record<string, unknown>>(text: string, values?: unknown[]) => Promise<Row[]>;

/** A database of the test's own. */
export interface TestDatabase {
  readonly dsn: string;
  readonly sql: Sql;
  /** Opens one more session, which ends with the test. */
  connect(): Promise<pg.Client>;
}

/** Makes an empty database on the run's server; it is dropped after the test. */
export async function emptyDatabase(): Promise<TestDatabase> {
  const server = inject("postgresDsn");
  const dsn = await createDatabase(server);
  onTestFinished(async () => await dropDatabase(server, dsn));
  const connect = async () => await openClient(dsn);
  const client = await connect();
  return { dsn, connect, sql: async (text, values) => (await client.query(text, values)).rows as never };
}

/** Opens a session that ends with the test, and that does not mind when the server ends it first. */
export async function openClient(dsn: string, application_name = "test"): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: dsn, application_name });
  client.on("error", () => {});
  await client.connect();
  onTestFinished(async () => await client.end().catch(() => {}));
  return client;
}

/** The engine's context for a test, and the events that it told. */
export function contextOf(
  dsn: string,
  directory: string,
  options: Partial<ContextOptions> = {},
): Context & { readonly events: Event[]; readonly directory: string; readonly dsn: string } {
  const events: Event[] = [];
  const onEvent = (event: Event) => {
    events.push(event);
    options.onEvent?.(event);
  };
  return {
    ...createContext({ dsn, migrations: directory, toolVersion: "1.2.3", ...options, onEvent }),
    events,
    directory,
    dsn,
  };
}

/** The names of the tables in `public`, sorted; the audit stands beside every ledger and is left out. */
export async function tablesOf(sql: Sql): Promise<string[]> {
  const rows = await sql<{ name: string }>(
    "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname !~ '_(audit|progress)$' order by 1",
  );
  return rows.map(({ name }) => name);
}

/** The names in the ledger, in the order of application. */
export async function ledgerOf(sql: Sql): Promise<string[]> {
  return (await sql<{ name: string }>("select name from mikro_orm_migrations order by id")).map(({ name }) => name);
}

/** Asks again and again until the answer is truthy, for at most ten seconds. */
export async function until<Value>(ask: () => Promise<Value>): Promise<NonNullable<Value>> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline;) {
    const value = await ask();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`this did not become true: ${ask.toString()}`);
}

/** The run's server, with another database's name. */
export function serverWith(database: string): string {
  return withDatabaseName(inject("postgresDsn"), database);
}
