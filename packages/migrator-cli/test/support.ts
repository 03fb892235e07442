import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createDatabase, dropDatabase } from "@thedata/dev-postgres";
import "@thedata/dev-postgres/vitest";
import pg from "pg";
import { expect, inject, onTestFinished } from "vitest";

const main = path.resolve(import.meta.dirname, "../src/main.ts");

/** The exit code and output of a run of the command. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A file descriptor for standard output, in place of a pipe to the test. */
  readonly stdout?: number;
}

/** A running command. */
export interface Running {
  readonly process: ChildProcess;
  readonly outcome: Promise<Outcome>;
}

/** Starts the command; unless told, in a folder without a configuration and without an address in the environment. */
export function start(args: readonly string[], { cwd = tmpdir(), env = {}, stdout: file }: RunOptions = {}): Running {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(POSTGRES_|DATABASE_URL|PG|NODE_|VITEST|GITHUB_|NO_COLOR|FORCE_COLOR)/.test(name),
  );
  const child = spawn(process.execPath, ["--conditions=@thedata/source", main, ...args], {
    cwd,
    stdio: ["pipe", file ?? "pipe", "pipe"],
    // Node's compile cache halves the time of a start.
    env: {
      ...Object.fromEntries(inherited),
      NODE_COMPILE_CACHE: path.join(tmpdir(), "migrator-cli-compiled"),
      MIGRATOR_CACHE: path.join(tmpdir(), "migrator-cli-cache"),
      ...env,
    },
  });
  child.stdin?.end();
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const outcome = new Promise<Outcome>((resolve) =>
    child.once("close", (code) => resolve({ code, stdout: stdout(), stderr: stderr() })),
  );
  return { process: child, outcome };
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = "";
  stream?.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  return () => text;
}

/** Runs the command to its end. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return await start(args, options).outcome;
}

/** Runs the command with --json and reads its document; standard output must hold nothing else. */
export async function runJson(
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome & { document: unknown }> {
  const outcome = await run([...args, "--json"], options);
  return { ...outcome, document: JSON.parse(outcome.stdout) };
}

/** Creates a folder that is removed after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "migrator-cli-test-"));
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Creates a folder with files, by their paths in it. */
export async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  return folder;
}

/** The source of a migration with one statement up and, unless left out, one down. */
export function migration(name: string, up: string, down?: string): string {
  const back = down === undefined ? "" : `\n  override async down() { this.addSql(${JSON.stringify(down)}); }`;
  return `import { Migration } from "@mikro-orm/migrations";
export class ${name} extends Migration {
  override async up() { this.addSql(${JSON.stringify(up)}); }${back}
}
`;
}

/** Two migrations that create a table each. */
export const twoTables = Object.fromEntries(
  ["a", "b"].map((table, index) => {
    const name = `Migration2024010${index + 1}000000_${table}`;
    return [`${name}.ts`, migration(name, `create table ${table} (id int)`, `drop table ${table}`)];
  }),
);
export const [first, second] = ["Migration20240101000000_a", "Migration20240102000000_b"] as const;

/** A database for one test. */
export interface TestDatabase {
  readonly dsn: string;
  sql<Row = Record<string, unknown>>(text: string): Promise<Row[]>;
  /** The names of the tables in `public`, sorted, without the ledger's audit and progress tables. */
  tables(): Promise<string[]>;
}

/** Creates an empty database on the test server, or on `server`; it is dropped after the test. */
export async function emptyDatabase(server: string = inject("postgresDsn")): Promise<TestDatabase> {
  const dsn = await createDatabase(server);
  const client = new pg.Client(dsn);
  client.on("error", () => {});
  await client.connect();
  onTestFinished(async () => {
    await client.end().catch(() => {});
    await dropDatabase(server, dsn);
  });
  const sql = async <Row>(text: string) => (await client.query(text)).rows as Row[];
  const tables = async () => {
    const rows = await sql<{ name: string }>(
      "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname !~ '_(audit|progress)$' order by 1",
    );
    return rows.map(({ name }) => name);
  };
  return { dsn, sql, tables };
}

/** A database, a folder of two migrations, and the options that name both. */
export async function project(files: Readonly<Record<string, string>> = twoTables) {
  const [database, folder] = [await emptyDatabase(), await folderOf(files)];
  return { ...database, folder, args: ["--dsn", database.dsn, "--migrations", folder] };
}

/** Repeats `ask` until the answer is truthy, for at most twenty seconds. */
export async function until(ask: () => Promise<unknown>): Promise<void> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline;) {
    if (await ask()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`this did not become true: ${ask.toString()}`);
}

/** Expects neither a stack trace nor `password` in the command's output. */
export function expectDiscretion({ stdout, stderr }: Outcome, password: string): void {
  expect(stdout + stderr).not.toContain("    at ");
  expect(stdout + stderr).not.toContain(password);
}
