import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createDatabase, spawnTethered, startPostgres, type Tethered } from "@thedata/dev-postgres";
import pg from "pg";

const root = path.resolve(import.meta.dirname, "../..");
const main = path.join(root, "packages/migrator-cli/src/main.ts");
const [tenants, databases, workers] = [200, 4, 4];
const faulty = "tenant_137";

/**
 * Shows a fleet on one machine: 200 tenants, a schema each, in four databases of an embedded PostgreSQL; one has a table
 * already that a migration makes. Four workers run the waves, and the report is printed. Gives the exit code: 0 where
 * that one failed and all others are at the head.
 */
async function show(): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), "fleet-demo-"));
  stack.defer(async () => await rm(folder, { recursive: true, force: true }));
  const postgres = await startPostgres({ source: "embedded", version: 18 });
  stack.defer(async () => await postgres.stop());
  const list = path.join(folder, "tenants.csv");
  await writeFile(list, await createTenants(postgres.dsn));
  console.log(`${tenants} tenants in ${databases} databases; ${faulty} has a table that no migration made\n`);

  const env = {
    FLEET_DSN: await createDatabase(postgres.dsn, { name: "control" }),
    FLEET_PASSWORD: new URL(postgres.dsn).password,
  };
  const fleet = (...words: string[]) => startFleet([...words, "--targets", list], env);
  await tell(fleet("init"));
  await tell(fleet("plan"));
  const running = Array.from({ length: workers }, () => fleet("work"));
  stack.defer(async () => void (await Promise.all(running.map(async (worker) => await worker.release()))));
  console.log(`\n$ migrator fleet up, with ${workers} workers`);
  const code = await tell(fleet("up", "--no-work"));
  const report = path.join(folder, "report.md");
  await fleet("report", "--markdown", "--out", report).ended;
  console.log(`\n$ migrator fleet report --markdown, its beginning and what failed\n${await readBeginning(report)}`);
  // 5: there were failures, and no other target was left behind.
  return code === 5 ? 0 : 1;
}

/** Makes the tenants' schemas, and gives the list of them as a CSV file. */
async function createTenants(server: string): Promise<string> {
  const rows = ["id,dsn,schema,server"];
  for (let number = 0; number < databases; number++) {
    const dsn = await createDatabase(server, { name: `tenants_${number + 1}` });
    const names = Array.from({ length: tenants / databases }, (_, index) => `tenant_${number * 50 + index + 1}`);
    const client = new pg.Client(dsn);
    await client.connect();
    await client.query(names.map((name) => `create schema ${name}`).join("; "));
    if (names.includes(faulty)) await client.query(`create table ${faulty}.customers ()`);
    await client.end();
    const address = new URL(dsn);
    address.password = "";
    rows.push(...names.map((name) => [name, address.href, name, number < 2 ? "east" : "west"].join(",")));
  }
  return `${rows.join("\n")}\n`;
}

function startFleet(words: readonly string[], env: Readonly<Record<string, string>>): Tethered {
  const migrations = path.join(import.meta.dirname, "migrations");
  const command = [
    process.execPath,
    "--conditions=@thedata/source",
    main,
    "fleet",
    ...words,
    "--migrations",
    migrations,
  ];
  return spawnTethered(command, { signal: "TERM", cwd: tmpdir(), env: { ...process.env, ...env } });
}

/** Prints what a command prints; gives its exit code. */
async function tell({ process: child, ended }: Tethered): Promise<number | null> {
  child.stdout?.on("data", (text: string) => process.stdout.write(text));
  child.stderr?.on("data", (text: string) => process.stderr.write(text));
  return await ended;
}

async function readBeginning(file: string): Promise<string> {
  const lines = (await readFile(file, "utf8")).split("\n");
  const failed = lines.slice(10).filter((line) => / \| (failed|refused|unreachable|gone) \| /.test(line));
  return [...lines.slice(0, 10), "…", ...failed].join("\n");
}

process.exitCode = await show();
