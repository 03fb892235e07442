import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createDatabase } from "@thedata/dev-postgres";
import pg from "pg";
import { measure } from "./measure.ts";
import type { Migration } from "./migrations.ts";
import type { Peer } from "./peer.ts";
import { mikroOrm } from "./peers/mikro-orm.ts";
import { ours } from "./peers/ours.ts";
import { findPsql, psql } from "./peers/psql.ts";
import { openServer } from "./server.ts";
import { median, quantile } from "./statistics.ts";
import { toTable } from "./table.ts";

/**
 * Measures how 50 small migrations of pgbench's tables affect pgbench's own transactions: latencies in ms, alone and
 * beside a transaction that reads a table for five seconds. Prints a table.
 */
const seconds = 20;
const readerSeconds = 5;
const rounds = 3;
const peers: readonly (Peer | undefined)[] = [undefined, psql, ours, mikroOrm];
const tables = ["pgbench_accounts", "pgbench_tellers", "pgbench_branches", "pgbench_history"];

interface Latencies {
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
  /** The duration of the migrations; 0 without any. */
  readonly took: number;
}

const migrations: readonly Migration[] = Array.from({ length: 50 }, (_, index) => {
  const [number, table] = [index + 1, tables[index % tables.length]];
  const name = `work_${String(number).padStart(5, "0")}`;
  const stamp = String(20250101000000 + number);
  return {
    name,
    number,
    stamp,
    up: [`alter table ${table} add column ${name} int`],
    down: [`alter table ${table} drop column ${name}`],
  };
});

const folder = await mkdtemp(path.join(tmpdir(), "bench-latency-"));
const server = await openServer(undefined, folder, "trust");
try {
  const rows: string[][] = [];
  for (const withReader of [false, true])
    for (const peer of peers) {
      const all: Latencies[] = [];
      for (let round = 0; round < rounds; round++) all.push(await runOnce(peer, withReader, `${rows.length}-${round}`));
      const middle = (key: keyof Latencies) => median(all.map((one) => one[key])).toFixed(1);
      const worst = Math.max(...all.map(({ longest }) => longest)).toFixed(0);
      rows.push([
        withReader ? `${readerSeconds} s` : "none",
        peer?.label ?? "no migrations",
        middle("p50"),
        middle("p99"),
        worst,
        middle("took"),
      ]);
      console.error(rows.at(-1)?.join(" | "));
    }
  console.log(toTable(["a reader holds", "migrated by", "p50", "p99", "longest of all", "50 migrations took"], rows));
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

async function runOnce(peer: Peer | undefined, withReader: boolean, id: string): Promise<Latencies> {
  const dsn = await createDatabase(server.dsn);
  const directory = path.join(folder, id);
  await mkdir(directory);
  await pgbench(directory, "--initialize", "--quiet", "--scale=2", dsn);
  const load = pgbench(directory, "--client=6", `--time=${seconds}`, "--log", "--no-vacuum", dsn);
  await sleep(2000);
  const reader = withReader ? holdRead(dsn) : undefined;
  await sleep(300);
  const took = peer ? await migrate(peer, dsn, path.join(directory, "project")) : 0;
  await Promise.all([load, reader]);
  return { ...(await readLog(directory)), took };
}

async function migrate(peer: Peer, dsn: string, directory: string): Promise<number> {
  await mkdir(directory);
  await peer.write({ folder: directory, migrations });
  return (await measure(peer.up({ folder: directory, dsn, migrations }, "all"))).wallMs;
}

async function holdRead(dsn: string): Promise<void> {
  const client = new pg.Client(dsn);
  await client.connect();
  await client.query(`begin; select count(*) from pgbench_accounts; select pg_sleep(${readerSeconds}); commit`);
  await client.end();
}

async function pgbench(cwd: string, ...options: string[]): Promise<void> {
  const program = path.join(path.dirname(findPsql()), "pgbench");
  const child = spawn(program, options, { cwd, stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`pgbench ended with ${code}: ${errors}`);
}

async function readLog(directory: string): Promise<Omit<Latencies, "took">> {
  const logs = (await readdir(directory)).filter((name) => name.startsWith("pgbench_log."));
  const lines = (await Promise.all(logs.map(async (name) => await readFile(path.join(directory, name), "utf8")))).join(
    "",
  );
  const times = Array.from(lines.matchAll(/^\d+ \d+ (\d+) /gm), ([, us]) => Number(us) / 1000);
  return { p50: median(times), p99: quantile(times, 0.99), longest: times.reduce((a, b) => Math.max(a, b), 0) };
}
