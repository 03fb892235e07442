import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createDatabase, dropDatabase, startPostgres, withDatabaseName } from "@thedata/dev-postgres";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { fingerprint, readCatalog } from "@thedata/catalog";
import { connect } from "../src/postgres/connection.ts";
import { createContext } from "../src/execute/context.ts";
import { MigratorError } from "../src/errors.ts";
import { up } from "../src/commands/up-and-down.ts";
import { type CrashPoint, crashAt } from "./crash-points.ts";
import { addFiles, type Steps, temporaryFolder } from "./support.ts";
import { scopeOf } from "../src/ledger/catalog-scope.ts";
import { defaultLedger } from "../src/ledger/tables.ts";

// Every point takes a run of its own: the suite takes every CRASH_STRIDE-th, a closing note all of them.
const stride = Number(process.env["CRASH_STRIDE"] ?? 16);

/** Transactional, non-transactional, many statements, data that would show a second run, and code that computes. */
const history: Readonly<Record<string, Steps>> = {
  M1000_tables: {
    up: [
      "create table a (id int primary key, n int not null)",
      "create table b (id int)",
      "insert into a select i, 0 from generate_series(1, 50) i",
    ],
  },
  M2000_index: { transactional: false, up: ["create index concurrently a_n on a (n)"] },
  M3000_data: { up: ["update a set n = n + 1", "insert into b select id from a"] },
  M4000_many: {
    transactional: false,
    up: [
      "create table c (id int)",
      "update a set n = n + 10",
      "create unique index concurrently if not exists c_id on c (id)",
      "insert into c select max(id) + 1 from (select 0 as id union select id from c) as ids",
      "drop index concurrently a_n",
      "update a set n = n + 100",
    ],
  },
  M5000_enum: { up: ["create type mood as enum ('good')"] },
  M6000_value: { transactional: false, up: ["alter type mood add value 'bad'"] },
  M7000_computed: {
    code: 'await this.execute("insert into b select count(*) from a");',
    up: ["alter table b add mood mood default 'bad'"],
  },
};

/** A lost connection is told as such, never as a bug. */
function expectOurs(error: unknown): void {
  expect(error).toBeInstanceOf(MigratorError);
}

/** Everything that must be the same in the end: schema, rows, and what is recorded. */
async function photograph(dsn: string): Promise<unknown> {
  const connection = await connect(dsn, "test");
  const { query } = connection;
  const rows = async (sql: string) => JSON.stringify(await query(sql));
  const picture = {
    schema: fingerprint(await readCatalog(query, scopeOf(defaultLedger))),
    a: await rows("select * from a order by id"),
    b: await rows("select * from b order by id"),
    c: await rows("select * from c order by id"),
    ledger: await rows("select name, checksum from mikro_orm_migrations order by id"),
  };
  await connection.close();
  return picture;
}

describe("a run that is cut off at any moment", () => {
  const server = inject("postgresDsn");
  let directory: string;
  let undisturbed: unknown;
  let points: CrashPoint[];

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "migrator-test-"));
    await addFiles(directory, history);
    const dsn = await createDatabase(server);
    const counting = crashAt({ query: 0, when: "before" }, async () => {});
    expect((await up(createContext({ dsn, migrations: directory }))).outcome).toBe("applied");
    await counting.restore();
    undisturbed = await photograph(dsn);
    await dropDatabase(server, dsn);
    const all = Array.from({ length: counting.count() }, (_, index) => index + 1);
    points = all.flatMap((query): CrashPoint[] => [
      { query, when: "before" },
      { query, when: "after" },
    ]);
  });

  afterAll(async () => await rm(directory, { recursive: true, force: true }));

  const tried = (offset: number) => points.filter((_, index) => index % stride === offset % stride);

  /** Crashes at a point, runs again, and compares. */
  const survive = async (point: CrashPoint, crash: (dsn: string, point: CrashPoint) => Promise<void>) => {
    const dsn = await createDatabase(server);
    await crash(dsn, point);
    const again = await up(createContext({ dsn, migrations: directory }));
    expect(["applied", "nothing"], `${JSON.stringify(point)}: ${again.error?.message}`).toContain(again.outcome);
    expect(await photograph(dsn), JSON.stringify(point)).toEqual(undisturbed);
    await dropDatabase(server, dsn);
  };

  it("converges when the runner is killed", { timeout: 600_000 }, async () => {
    for (const point of tried(0)) await survive(point, killRunner);
    console.log(`killed the runner at ${tried(0).length} of ${points.length} points, none diverged`);
  });

  it("converges when the server ends its session", { timeout: 600_000 }, async () => {
    for (const point of tried(1)) await survive(point, endSession);
    console.log(`ended the session at ${tried(1).length} of ${points.length} points, none diverged`);
  });

  it("converges when the server is restarted", { timeout: 600_000 }, async () => {
    const dataDir = await temporaryFolder();
    const restarted = points.filter((_, index) => index % (stride * 2) === 1);
    let own = await startPostgres({ source: "embedded", dataDir });
    for (const point of restarted) {
      const name = `restart_${point.query}_${point.when}`;
      const dsn = await createDatabase(own.dsn, { name });
      const crashing = crashAt(point, async () => await own.stop());
      await up(createContext({ dsn, migrations: directory })).catch(expectOurs);
      await crashing.restore();
      own = await startPostgres({ source: "embedded", dataDir });
      const again = await up(createContext({ dsn: withDatabaseName(own.dsn, name), migrations: directory }));
      expect(["applied", "nothing"], `${JSON.stringify(point)}: ${again.error?.message}`).toContain(again.outcome);
      expect(await photograph(withDatabaseName(own.dsn, name)), JSON.stringify(point)).toEqual(undisturbed);
    }
    await own.stop();
    console.log(`restarted the server at ${restarted.length} of ${points.length} points, none diverged`);
  });

  const killRunner = async (dsn: string, { query, when }: CrashPoint) => {
    const runner = path.join(import.meta.dirname, "crash-runner.ts");
    const child = spawn(
      process.execPath,
      ["--conditions=@thedata/source", runner, dsn, directory, String(query), when],
      { stdio: "ignore" },
    );
    const signal = await new Promise((resolve) => child.once("exit", (_, name) => resolve(name)));
    expect(signal, JSON.stringify({ query, when })).toBe("SIGKILL");
  };

  const endSession = async (dsn: string, point: CrashPoint) => {
    const observer = await connect(dsn, "test");
    const crashing = crashAt(point, async (client) => {
      const { processID } = client as unknown as { processID: number };
      await observer.query("select pg_terminate_backend($1, 5000)", [processID]);
    });
    // Where the session ends after the last statement, the run may be done, or may not know it.
    await up(createContext({ dsn, migrations: directory })).catch(expectOurs);
    await crashing.restore();
    await observer.close();
  };
});
