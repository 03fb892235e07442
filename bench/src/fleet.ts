// How long a fleet takes: 10,000 schemas with nothing to do, beside xargs over `migrator up`, and 500 databases with one
// migration. Takes the built command.
//   node --conditions=@thedata/source bench/src/fleet.ts [schemas] [databases]
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { createDatabase, startPostgres } from "@thedata/dev-postgres";
import pg from "pg";

const [schemas = 10_000, databases = 500] = process.argv.slice(2).map(Number);
const home = path.dirname(createRequire(import.meta.url).resolve("migrator-cli/package.json"));
const command = [process.execPath, path.join(home, "dist", "main.cjs")];

const postgres = await startPostgres({ source: "embedded", version: 18 });
const folder = await mkdtemp(path.join(tmpdir(), "bench-fleet-"));
const password = new URL(postgres.dsn).password;
const control = await createDatabase(postgres.dsn, { name: "control" });
const tenants = await createDatabase(postgres.dsn, { name: "tenants" });

try {
  await mkdir(path.join(folder, "migrations"));
  await write(
    "1_items.sql",
    "create table items (id int primary key, name text);\ncreate table notes (id int primary key);",
  );
  await runFleet("init");
  await makeSchemas();
  await measureNothing();
  await measureXargs();
  await measureDatabases();
  await measureGrowth();
} finally {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}

async function write(name: string, up: string): Promise<void> {
  await writeFile(path.join(folder, "migrations", name), `-- migrate:up\n${up}\n-- migrate:down\nselect 1;\n`);
}

/** Applies the history to one schema, and makes the others like it, with their ledgers. */
async function makeSchemas(): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const client = new pg.Client(tenants);
  await client.connect();
  stack.defer(async () => await client.end());
  await client.query("create schema t1");
  await run([...command, "up", "--schema", "t1", "--dsn", tenants, "--migrations", "migrations"]);
  const tables = ["items", "notes", ...["", "_audit", "_progress"].map((end) => `mikro_orm_migrations${end}`)];
  const copies = tables.map((table) => `create table t%1$s.${table} (like t1.${table} including all)`);
  const statements = [...copies, "insert into t%1$s.mikro_orm_migrations select * from t1.mikro_orm_migrations"];
  for (let first = 2; first <= schemas; first += 100)
    await client.query(
      `do $$ begin for n in ${first}..${Math.min(first + 99, schemas)} loop
         execute format('create schema t%s', n);
         execute format('${statements.join("; ")}', n);
       end loop; end $$`,
    );
  await client.query("vacuum analyze pg_class, pg_namespace, pg_attribute");
}

/** Writes a list of the first schemas, and gives its name. */
async function listOf(count: number): Promise<string> {
  const address = new URL(tenants);
  address.password = "";
  const rows = Array.from({ length: count }, (_, index) => `t${index + 1},${address.href},t${index + 1}`);
  const file = path.join(folder, `${count}.csv`);
  await writeFile(file, ["id,dsn,schema", ...rows].join("\n"));
  return file;
}

/** The whole command, once for each size; its greatest memory is the system's own figure. */
async function measureNothing(): Promise<void> {
  for (const count of [100, schemas / 2, schemas, 100, schemas / 2, schemas]) {
    const { seconds, mebibytes } = await runFleet("up", "--targets", await listOf(count));
    console.log(`${count} schemas, nothing to do: ${seconds.toFixed(1)} s, at most ${mebibytes} MiB`);
  }
}

async function measureXargs(): Promise<void> {
  const count = 400;
  const list = await listOf(count);
  const names = Array.from({ length: count }, (_, index) => `t${index + 1}`).join("\n");
  for (let round = 1; round <= 3; round++) {
    const fleet = await runFleet("up", "--targets", list);
    const words = [...command, "up", "--quiet", "--migrations", "migrations", "--schema"];
    const xargs = await run(["xargs", "-P", "8", "-n", "1", ...words], names);
    const ratio = xargs.seconds / fleet.seconds;
    console.log(
      `${count} schemas: fleet ${fleet.seconds.toFixed(1)} s, xargs -P 8 ${xargs.seconds.toFixed(1)} s: ${ratio.toFixed(1)} ×`,
    );
  }
}

/** Databases that are at the head but for one migration. */
async function measureDatabases(): Promise<void> {
  const template = await createDatabase(postgres.dsn, { name: "tenant_template" });
  await run([...command, "up", "--dsn", template, "--migrations", "migrations"]);
  const rows: string[] = [];
  for (let number = 1; number <= databases; number++) {
    const address = new URL(
      await createDatabase(postgres.dsn, { name: `tenant_${number}`, template: "tenant_template" }),
    );
    address.password = "";
    rows.push(`tenant_${number},${address.href}`);
  }
  const file = path.join(folder, "databases.csv");
  await writeFile(file, ["id,dsn", ...rows].join("\n"));
  await write("2_note.sql", "alter table items add note text;");
  const { seconds, mebibytes } = await runFleet("up", "--targets", file, "--waves", "canary,10%,100%");
  console.log(`${databases} databases, one migration: ${seconds.toFixed(1)} s, at most ${mebibytes} MiB`);
}

/** What the worker holds when it is through with 100 targets, and with half of all schemas. */
async function measureGrowth(): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const [client, count] = [new pg.Client(control), schemas / 2];
  await client.connect();
  stack.defer(async () => await client.end());
  const seen: { readonly done: number; readonly mebibytes: number }[] = [];
  const look = async (pid: number | undefined) => {
    const { rows } = await client.query<{ done: number }>(
      "select count(*)::int as done from fleet.target where state = 'applied' and run = (select max(id) from fleet.run)",
    );
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    seen.push({
      done: rows[0]?.done ?? 0,
      mebibytes: Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024),
    });
  };
  let timer: NodeJS.Timeout | undefined;
  const began = (pid: number | undefined) => (timer = setInterval(() => void look(pid).catch(() => {}), 500));
  const words = ["fleet", "up", "--waves", "100%", "--targets", await listOf(count)];
  stack.defer(() => clearInterval(timer));
  const { seconds } = await run([...command, ...words], "", began);
  const early = seen.find(({ done }) => done >= 100)?.mebibytes ?? 0;
  const late = Math.max(...seen.slice(-10).map(({ mebibytes }) => mebibytes));
  console.log(
    `${count} schemas, one migration: ${seconds.toFixed(1)} s; ${early} MiB at target 100, ${late} MiB at the end: ${(late / early).toFixed(2)} ×`,
  );
}

interface Measured {
  readonly seconds: number;
  readonly mebibytes: number;
}

async function runFleet(...words: readonly string[]): Promise<Measured> {
  return await run([...command, "fleet", ...words]);
}

async function run(
  [file = "", ...words]: readonly string[],
  input = "",
  began: (pid: number | undefined) => void = () => {},
): Promise<Measured> {
  const config = `export default { migrations: "migrations", fleet: { limits: { default: 16 } } };\n`;
  await writeFile(path.join(folder, "migrator.config.js"), config);
  const started = performance.now();
  const env = { ...process.env, NO_COLOR: "1", FLEET_DSN: control, FLEET_PASSWORD: password, POSTGRES_DSN: tenants };
  const child = spawn(file, words, { cwd: folder, env, stdio: ["pipe", "pipe", "pipe"] });
  began(child.pid);
  child.stdin.end(input);
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (more: string) => (text += more));
  const watched = watchMemory(child);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`${words.join(" ")} ended with ${code}: ${text}`);
  return { seconds: (performance.now() - started) / 1000, mebibytes: watched() };
}

/** The greatest memory that the system has counted for a process, in MiB. */
function watchMemory(child: ChildProcess): () => number {
  let most = 0;
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      most = Math.max(most, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
    } catch {
      // It has ended.
    }
  }, 20);
  return () => {
    clearInterval(timer);
    return Math.round(most / 1024);
  };
}
