import { type ChildProcess, spawn } from "node:child_process";
import { tmpdir } from "node:os";
import path from "node:path";
import { emptyDatabase, temporaryFolder, writeFiles } from "@thedata/dev-postgres/testing";
import { expect } from "vitest";

export { emptyDatabase, temporaryFolder, type TestDatabase, until } from "@thedata/dev-postgres/testing";

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

/** Creates a folder with files, by their paths in it. */
export async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  await writeFiles(folder, files);
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

/** A database, a folder of two migrations, and the options that name both. */
export async function project(files: Readonly<Record<string, string>> = twoTables) {
  const [database, folder] = [await emptyDatabase(), await folderOf(files)];
  return { ...database, folder, args: ["--dsn", database.dsn, "--migrations", folder] };
}

/** Expects neither a stack trace nor `password` in the command's output. */
export function expectDiscretion({ stdout, stderr }: Outcome, password: string): void {
  expect(stdout + stderr).not.toContain("    at ");
  expect(stdout + stderr).not.toContain(password);
}
