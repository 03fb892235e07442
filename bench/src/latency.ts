import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createDatabase } from "@thedata/dev-postgres";
import pg from "pg";
import { type Latencies, latenciesOf, pgbench, readLog } from "./load.ts";
import { measure } from "./measure.ts";
import type { Migration } from "./migrations.ts";
import type { Peer } from "./peer.ts";
import { mikroOrm } from "./peers/mikro-orm.ts";
import { ours } from "./peers/ours.ts";
import { psql } from "./peers/psql.ts";
import { openServer } from "./server.ts";
import { median } from "./statistics.ts";
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

interface Measured extends Latencies {
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
      const all: Measured[] = [];
      for (let round = 0; round < rounds; round++) all.push(await runOnce(peer, withReader, `${rows.length}-${round}`));
      const middle = (key: keyof Measured) => median(all.map((one) => one[key])).toFixed(1);
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

async function runOnce(peer: Peer | undefined, withReader: boolean, id: string): Promise<Measured> {
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
  return { ...latenciesOf(await readLog(directory)), took };
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
