import { withDatabaseName } from "@thedata/dev-postgres";
import { type Sql, temporaryFolder, writeFiles } from "@thedata/dev-postgres/testing";
import { inject } from "vitest";
import { type Context, createContext, type ContextOptions } from "../src/execute/context.ts";
import type { Event } from "../src/events.ts";

export {
  emptyDatabase,
  openClient,
  type Sql,
  tablesOf,
  temporaryFolder,
  type TestDatabase,
  until,
} from "@thedata/dev-postgres/testing";

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

/** Makes a folder of files: a migration's steps by its name, or any file's text by its name with its ending. */
export async function folderOf(files: Readonly<Record<string, Steps | string>>): Promise<string> {
  const folder = await temporaryFolder();
  await addFiles(folder, files);
  return folder;
}

/** Writes more files of the same kinds into a folder. */
export async function addFiles(folder: string, files: Readonly<Record<string, Steps | string>>): Promise<void> {
  const texts = Object.entries(files).map(([name, content]) =>
    typeof content === "string" ? [name, content] : [`${name}.ts`, migrationSource(name, content)],
  );
  await writeFiles(folder, Object.fromEntries(texts) as Record<string, string>);
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

/** The names in the ledger, in the order of application. */
export async function ledgerOf(sql: Sql): Promise<string[]> {
  return (await sql<{ name: string }>("select name from mikro_orm_migrations order by id")).map(({ name }) => name);
}

/** The run's server, with another database's name. */
export function serverWith(database: string): string {
  return withDatabaseName(inject("postgresDsn"), database);
}
