import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createDatabase } from "@thedata/dev-postgres";
import { rewriteManifest } from "@thedata/migrator/internal";
import pg from "pg";
import { type Latencies, latenciesOf, startLoad, type Statement } from "./load.ts";
import { startOurs } from "./peers/ours.ts";
import { openServer } from "./server.ts";
import { toTable } from "./table.ts";

/**
 * Measures what a workload's statements wait while a table of five million rows is changed, each change in its short
 * form and in the sequence that `lint --fix` writes; and a backfill beside one UPDATE, and cut off 50 times. Prints two
 * tables. `--rows N` and `--only WORD` make it smaller.
 */
const option = (name: string) => process.argv[process.argv.indexOf(name) + 1];
const rows = process.argv.includes("--rows") ? Number(option("--rows")) : 5_000_000;
const only = process.argv.includes("--only") ? (option("--only") ?? "") : "";
const undisturbedMs = 15_000;
const perSecond = 200;

const changes = {
  "NOT NULL": "alter table items alter column note set not null",
  "foreign key": "alter table items add constraint items_org foreign key (org_id) references orgs (id)",
  unique: "alter table items add constraint items_number unique (number)",
  "int to bigint": "alter table items alter column quantity type bigint",
} as const;

// One statement a transaction: reads and writes by key, and new rows.
const scripts = {
  read: `\\set id random(1, ${rows})\nselect note, quantity from items where id = :id;`,
  write: `\\set id random(1, ${rows})\nupdate items set quantity = quantity + 1 where id = :id;`,
  insert: "insert into items (org_id, number, note) values (1, nextval('items_id_seq'), 'new');",
};

async function createTemplate(): Promise<string> {
  const dsn = await createDatabase(server.dsn);
  await query(
    dsn,
    `create table orgs (id int primary key);
     insert into orgs select generate_series(1, 1000);
     create table items (id bigserial primary key, org_id int not null, number bigint not null, note text,
       quantity int not null default 0, filled int);
     insert into items (org_id, number, note) select 1 + n % 1000, n, 'note ' || n from generate_series(1, ${rows}) n;
     vacuum analyze items; checkpoint`.split(";"),
  );
  return new URL(dsn).pathname.slice(1);
}

async function query(dsn: string, statements: readonly string[]): Promise<pg.QueryResult> {
  const client = new pg.Client(dsn);
  await client.connect();
  let last: pg.QueryResult | undefined;
  for (const sql of statements) last = await client.query(sql);
  await client.end();
  return last as pg.QueryResult;
}

/** A database of the run's own, and a folder with a project whose first migration it has. */
async function createProject(template: string, migration: string) {
  const name = `safe_${++runs}`;
  await query(server.dsn, [`create database ${name} template ${template}`]);
  const dsn = new URL(server.dsn);
  dsn.pathname = `/${name}`;
  const project = path.join(folder, name);
  await mkdir(path.join(project, "migrations"), { recursive: true });
  await writeFile(
    path.join(project, "migrator.config.js"),
    `export default { migrations: "migrations", safety: "off" };\n`,
  );
  const first = "Migration20240101000000_first";
  await writeFile(path.join(project, "migrations", `${first}.ts`), classOf(first, "", schema));
  await writeFile(path.join(project, "migrations", "Migration20240102000000_change.ts"), migration);
  await rewriteManifest(path.join(project, "migrations"));
  await ours(dsn.href, project, "baseline", "--at", first, "--accept-differences");
  return { dsn: dsn.href, project };
}

const schema = [
  "create table orgs (id int primary key)",
  "create table items (id bigserial primary key, org_id int not null, number bigint not null, note text, quantity int not null default 0, filled int)",
];

function classOf(name: string, body: string, up: readonly string[]): string {
  return `import { Migration } from "@mikro-orm/migrations";
export class ${name} extends Migration {
${body}
  override up() { ${up.map((sql) => `this.addSql(${JSON.stringify(sql)});`).join(" ")} }
  override down() { /* @noop down */ }
}
`;
}

async function ours(dsn: string, project: string, ...what: string[]): Promise<void> {
  const { child, ended } = startCommand(dsn, project, ...what);
  const code = await ended;
  if (code !== 0) throw new Error(`migrator ${what.join(" ")} ended with ${code ?? child.signalCode}`);
}

function startCommand(dsn: string, project: string, ...what: string[]) {
  const { argv, env } = startOurs({ dsn, folder: project, migrations: [] }, ...what);
  const [program = "", ...args] = argv;
  const child = spawn(program, args, {
    cwd: project,
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = once(child, "close").then(([code]) => code as number | null);
  return { child, ended };
}

/** Runs `work` under the workload, which was alone before. */
async function underLoad(dsn: string, project: string, work: () => Promise<void>) {
  for (const [name, text] of Object.entries(scripts)) await writeFile(path.join(project, `${name}.sql`), `${text}\n`);
  const load = startLoad(
    project,
    "-f",
    "read.sql@5",
    "-f",
    "write.sql@4",
    "-f",
    "insert.sql@1",
    "--client=8",
    `--rate=${perSecond}`,
    dsn,
  );
  await sleep(undisturbedMs + 3000);
  const [from, started] = [Date.now() - undisturbedMs, performance.now()];
  await work();
  const [until, tookMs] = [Date.now() + 1000, performance.now() - started];
  await sleep(1500);
  const all = await load.end();
  const between = (start: number, end: number) => (one: Statement) => one.at >= start && one.at < end;
  const begun = from + undisturbedMs;
  return {
    tookMs,
    before: latenciesOf(all.filter(between(from, begun))),
    meanwhile: latenciesOf(all.filter(between(begun, until))),
  };
}

async function measureChange(template: string, what: string, sql: string, form: "short" | "safe"): Promise<string[]> {
  const { dsn, project } = await createProject(template, classOf("Migration20240102000000_change", "", [sql]));
  if (form === "safe") await writeSafeForm(dsn, project);
  const measured = await underLoad(dsn, project, async () => await ours(dsn, project, "up", "--wait", "--quiet"));
  const row = [what, form, seconds(measured.tookMs), ...describe(measured)];
  console.error(row.join(" | "));
  return row;
}

/** `lint --fix`, which ends with 3 where it still finds something. */
async function writeSafeForm(dsn: string, project: string): Promise<void> {
  await startCommand(dsn, project, "lint", "--fix", "change", "--quiet").ended;
  const names = await readdir(path.join(project, "migrations"));
  if (names.includes("Migration20240102000000_change.ts")) throw new Error("lint --fix wrote nothing");
}

function describe({ before, meanwhile }: { readonly before: Latencies; readonly meanwhile: Latencies }): string[] {
  const [a, b] = [before, meanwhile];
  return [ms(a.p99), ms(b.p99), (b.p99 / a.p99).toFixed(1), ms(a.longest), ms(b.longest)];
}

const ms = (value: number) => (value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en"));
const seconds = (value: number) => (value / 1000).toFixed(1);

async function measureBackfill(template: string, form: string): Promise<string[]> {
  const [set, where] = ["filled = coalesce(filled, 0) + 1", "id <= " + rows];
  const body = `  readonly backfill = { table: "items", set: "${set}", where: "${where}" };`;
  const source = classOf("Migration20240102000000_change", body, [`update items set ${set} where ${where}`]);
  const { dsn, project } = await createProject(template, source);
  const kills = form.includes("killed") ? 50 : 0;
  const work = async () => {
    if (form === "one UPDATE") return void (await query(dsn, [`update items set ${set} where ${where}`]));
    await ours(dsn, project, "up", "--quiet");
    for (let kill = 0; kill < kills; kill++) {
      const { child, ended } = startCommand(dsn, project, "backfill", "run", "--quiet");
      await sleep(200 + Math.random() * 1500);
      child.kill("SIGKILL");
      await ended;
      await sleep(100);
    }
    await ours(dsn, project, "backfill", "run", "--quiet");
  };
  const { tookMs, before, meanwhile } = await underLoad(dsn, project, work);
  const { rows: counted } = await query(dsn, [
    `select filled, count(*)::int as count from items where ${where} group by 1`,
  ]);
  const once = counted.length === 1 && counted[0]?.filled === 1 && counted[0].count === rows;
  const row = [
    form,
    seconds(tookMs),
    Math.round(rows / (tookMs / 1000)).toLocaleString("en"),
    ms(before.p99),
    ms(meanwhile.p99),
    ms(meanwhile.longest),
    once ? "all" : JSON.stringify(counted),
  ];
  console.error(row.join(" | "));
  return row;
}

const folder = await mkdtemp(path.join(tmpdir(), "bench-safe-"));
const server = await openServer(undefined, folder, "trust");
let runs = 0;
try {
  const template = await createTemplate();
  const table: string[][] = [];
  for (const [what, sql] of Object.entries(changes))
    for (const form of ["short", "safe"] as const)
      if (`${what} ${form}`.includes(only)) table.push(await measureChange(template, what, sql, form));
  if (table.length > 0)
    console.log(
      toTable(
        ["change", "form", "took s", "p99 before", "p99 meanwhile", "ratio", "longest before", "longest meanwhile"],
        table,
      ),
    );
  const fills: string[][] = [];
  for (const form of ["one UPDATE", "backfill", "backfill, killed 50 times"])
    if (form.includes(only)) fills.push(await measureBackfill(template, form));
  if (fills.length > 0)
    console.log(
      toTable(
        ["backfill", "took s", "rows/s", "p99 before", "p99 meanwhile", "longest meanwhile", "changed once"],
        fills,
      ),
    );
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
