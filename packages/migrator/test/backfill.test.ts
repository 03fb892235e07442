import { fork } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { startPostgres } from "@thedata/dev-postgres";
import { discardBackfill, listBackfills, runNextBackfill, setPaused } from "../src/commands/backfill.ts";
import { baseline } from "../src/commands/baseline.ts";
import { backfillLock } from "../src/ledger/tables.ts";
import { runBackfill } from "../src/execute/backfill/run-backfill.ts";
import { withConnection } from "../src/execute/under-lock.ts";
import { openHistory } from "../src/history/history.ts";
import type { Event } from "../src/events.ts";
import type { Report } from "../src/report.ts";
import { rebase } from "../src/commands/rebase.ts";
import { readStatus } from "../src/commands/status.ts";
import { down, up } from "../src/commands/up-and-down.ts";
import { verify } from "../src/commands/verify.ts";
import { loadMigration } from "../src/history/load.ts";
import { discover } from "../src/history/folder.ts";
import { contextOf, emptyDatabase, folderOf, ledgerOf, openClient, type Sql, until } from "./support.ts";

const [first, fill, last] = ["Migration20240101000000_a", "Migration20240101000100_b", "Migration20240101000200_c"];

/** A migration that declares a backfill, with the statement of its `up`. */
function backfillSource(declared: object, sql: string): string {
  return `import { Migration } from "@mikro-orm/migrations";
export class ${fill} extends Migration {
  readonly backfill = ${JSON.stringify(declared)};
  override up() { this.addSql(${JSON.stringify(sql)}); }
  override down() {}
}
`;
}

interface Project {
  readonly server?: string;
  readonly rows?: number;
  readonly type?: string;
  readonly key?: string;
  readonly declared?: object;
  readonly sql?: string;
  readonly create?: string;
}

/** Three migrations: a table with rows, a backfill that adds one to each, and one that comes after it. */
async function project({
  server,
  rows = 20_000,
  type = "int primary key",
  key = "n",
  declared = { table: "t", set: "n = n + 1" },
  sql = "update t set n = n + 1",
  create = `create table t (id ${type}, n int not null default 0)`,
}: Project = {}) {
  const folder = await folderOf({
    [first]: {
      up: [create, `insert into t (id) select ${key} from generate_series(1, ${rows}) n`],
      down: ["drop table t"],
    },
    [`${fill}.ts`]: backfillSource(declared, sql),
    [last]: { up: ["alter table t add constraint done check (n > 0)"], down: ["alter table t drop constraint done"] },
  });
  const database = await emptyDatabase(server);
  return { folder, ...database, context: contextOf(database.dsn, folder) };
}

/** How often each row was changed, and how many rows so often. */
async function changes(sql: Sql): Promise<Record<string, number>> {
  const rows = await sql<{ n: number; count: number }>("select n, count(*)::int from t group by 1 order by 1");
  return Object.fromEntries(rows.map(({ n, count }) => [n, count]));
}

const toReport = (error: Error) => error.message;
const refusalOf = ({ error, problems }: Report) => [error?.message, ...problems.map(({ message }) => message)].join();

/** Lets the next backfill run for one batch. */
async function interruptAfterOne(dsn: string, folder: string): Promise<void> {
  const controller = new AbortController();
  const onEvent = ({ type }: Event) => void (type === "backfill" && controller.abort());
  const cut = contextOf(dsn, folder, { signal: controller.signal, onEvent });
  await expect(runNextBackfill(cut)).rejects.toThrow("Interrupted");
}

describe("a backfill", () => {
  it("of a small table is one statement of up", async () => {
    const { context, sql } = await project({ rows: 500 });
    const report = await up(context, {});
    expect(report.steps.map(({ result }) => result)).toEqual(["applied", "applied", "applied"]);
    expect(await changes(sql)).toEqual({ 1: 500 });
  });

  it("of a large table is held with all that comes after it, until it has run", async () => {
    const { context, sql } = await project();
    const report = await up(context, {});
    expect(report.outcome).toBe("applied");
    expect(report.steps.map(({ result }) => result)).toEqual(["applied", "held", "held"]);
    expect(await changes(sql)).toEqual({ 0: 20_000 });
    expect(await listBackfills(context)).toMatchObject([{ migration: fill, last: null, scanned: 0 }]);
    expect(await readStatus(context)).toMatchObject({ state: "behind", held: [{ name: fill }, { name: last }] });
    await expect(rebase(context, fill)).rejects.toThrow("is begun");
    expect(await up(context, {})).toMatchObject({
      outcome: "nothing",
      steps: [{ result: "held" }, { result: "held" }],
    });

    expect(await runNextBackfill(context)).toMatchObject({
      outcome: "applied",
      steps: [{ name: fill, result: "applied" }],
    });
    expect(await changes(sql)).toEqual({ 1: 20_000 });
    expect(await ledgerOf(sql)).toEqual([first, fill]);
    expect(await listBackfills(context)).toEqual([]);
    expect(await up(context, {})).toMatchObject({ outcome: "applied", steps: [{ name: last }] });
  });

  it("runs within up where up waits for it", async () => {
    const { dsn, folder, sql } = await project();
    const report = await up(contextOf(dsn, folder, { backfills: "wait" }), {});
    expect(report.steps.map(({ result }) => result)).toEqual(["applied", "applied", "applied"]);
    expect(await changes(sql)).toEqual({ 1: 20_000 });
    const [row] = await sql<{ ms: number }>("select duration_ms as ms from mikro_orm_migrations where name = $1", [
      fill,
    ]);
    expect(row?.ms).toBeGreaterThan(1);
  });

  it("tells its progress", async () => {
    const { context, sql } = await project();
    await up(context, {});
    await sql("analyze t");
    await runNextBackfill(context);
    const progress = context.events.find((event) => event.type === "backfill");
    expect(progress).toMatchObject({ name: fill, scanned: 1000, changed: 1000, batch: 1000, waiting: null });
  });

  it.each([
    { type: "uuid primary key", key: "gen_random_uuid()" },
    { type: "text primary key", key: "'k ''' || n" },
    { type: "timestamptz primary key", key: "now() + n * interval '1 microsecond'" },
    { type: "numeric(20,5) primary key", key: "n / 7.0" },
    {
      type: "bigint not null unique",
      key: "-n::bigint * 3000000000",
      declared: { table: "t", set: "n = n + 1", key: "id" },
    },
  ])("goes by a key of $type", async ({ type, key, declared }) => {
    const { context, sql } = await project({ rows: 12_345, type, key, ...(declared ? { declared } : {}) });
    await up(context, {});
    await runNextBackfill(context);
    expect(await changes(sql)).toEqual({ 1: 12_345 });
  });

  it("goes over all rows of a key that several rows share, and of partitions", async () => {
    const create = `create table t (id int not null, n int not null default 0) partition by hash (id);
      create table t0 partition of t for values with (modulus 2, remainder 0);
      create table t1 partition of t for values with (modulus 2, remainder 1);
      create index on t (id)`;
    const declared = { table: "t", set: "n = n + 1", key: "id", batch: 7 };
    const { context, sql } = await project({ create, key: "n / 50", declared, rows: 12_000 });
    await up(context, {});
    await runNextBackfill(context);
    expect(await changes(sql)).toEqual({ 1: 12_000 });
  });

  it("changes only the rows that it names", async () => {
    const declared = { table: "t", set: "n = n + 1", where: "id % 2 = 0 or id = 1 -- both" };
    const { context, sql } = await project({ declared, sql: "UPDATE t SET n = n + 1 WHERE (id % 2 = 0 OR id = 1)" });
    await up(context, {});
    await runNextBackfill(context);
    expect(await changes(sql)).toEqual({ 0: 9999, 1: 10_001 });
  });

  it("changes each row once, although its process is killed at random", { timeout: 120_000 }, async () => {
    const slow = "n = n + 1 + case when id % 10 = 0 then length(pg_sleep(0.0002)::text) else 0 end";
    const declared = { table: "t", set: slow, batch: 100 };
    const { context, dsn, folder, sql } = await project({ rows: 12_000, declared, sql: `update t set ${slow}` });
    await up(context, {});
    let kills = 0;
    for (;;) {
      const child = fork(path.join(import.meta.dirname, "backfill-runner.ts"), [dsn, folder], { stdio: "ignore" });
      const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
      const killed = kills < 8 ? setTimeout(() => child.kill("SIGKILL"), 300 + Math.random() * 300) : undefined;
      const code = await ended;
      clearTimeout(killed);
      if (code === 0) break;
      kills++;
      // A killed client's session works on until it notices.
      await until(async () => (await sql("select from pg_locks where locktype = 'advisory'")).length === 0);
      const [state] = await listBackfills(context);
      const [seen] = await sql<{ count: string }>("select count(*) from t where n = 1");
      expect(state ? state.changed : 12_000).toBe(Number(seen?.count));
    }
    expect(kills).toBeGreaterThan(3);
    expect(await changes(sql)).toEqual({ 1: 12_000 });
  });

  it("goes on after a batch that did not get its lock, and gives way to whoever holds it", async () => {
    const { context, dsn, sql } = await project();
    await up(context, {});
    const other = await openClient(dsn);
    await other.query("begin; update t set n = n where id = 15000");
    const run = runNextBackfill(context);
    await until(async () => ((await listBackfills(context))[0]?.scanned ?? 0) > 5000);
    await new Promise((resolve) => setTimeout(resolve, 700));
    await other.query("commit");
    await run;
    expect(await changes(sql)).toEqual({ 1: 20_000 });
  });

  it("waits while it is paused, and goes on", async () => {
    const { context, sql } = await project();
    await up(context, {});
    expect(await setPaused(context, true)).toMatchObject({ migration: fill });
    const run = runNextBackfill(context);
    await until(async () =>
      context.events.some((event) => event.type === "backfill" && event.waiting?.includes("paused")),
    );
    expect(await changes(sql)).toEqual({ 0: 20_000 });
    await setPaused(context, false, "_b");
    await run;
    expect(await changes(sql)).toEqual({ 1: 20_000 });
  });

  it("is one run's at a time", async () => {
    const { context, sql } = await project();
    await up(context, {});
    await setPaused(context, true);
    const run = runNextBackfill(context);
    await until(async () => context.events.some((event) => event.type === "backfill"));
    await expect(runNextBackfill(context)).rejects.toMatchObject({ code: "locked" });
    await setPaused(context, false);
    await run;
    expect(await changes(sql)).toEqual({ 1: 20_000 });
  });

  it("stops when it is interrupted, and goes on from there", async () => {
    const { context, dsn, folder, sql } = await project();
    await up(context, {});
    await interruptAfterOne(dsn, folder);
    const { 1: done = 0 } = await changes(sql);
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(20_000);
    await runNextBackfill(context);
    expect(await changes(sql)).toEqual({ 1: 20_000 });
  });

  it("that is begun holds back down, until it is discarded", async () => {
    const { context, dsn, folder, sql } = await project();
    await up(context, {});
    await interruptAfterOne(dsn, folder);
    expect(await down(context, {}).catch((error: Error) => error.message)).toContain("is begun");
    expect(await ledgerOf(sql)).toEqual([first]);
    expect((await discardBackfill(context, fill)).changed).toBeGreaterThan(0);
    expect(await sql("select action from mikro_orm_migrations_audit where action = 'discarded'")).toHaveLength(1);
    expect(await down(context, {})).toMatchObject({ outcome: "reverted" });
  });

  it("is refused where its statement has changed since it began", async () => {
    const { context, dsn, folder } = await project();
    await up(context, {});
    const other = await folderOf({
      [`${first}.ts`]: await readFile(path.join(folder, `${first}.ts`), "utf8"),
      [`${fill}.ts`]: backfillSource({ table: "t", set: "n = n + 2" }, "update t set n = n + 2"),
    });
    const report = await runNextBackfill(contextOf(dsn, other));
    expect(refusalOf(report)).toContain("its statement has changed");
    await expect(runNextBackfill(contextOf(dsn, folder))).resolves.toMatchObject({ outcome: "applied" });
  });

  it("is refused as one statement once it is begun, also where its declaration is gone", async () => {
    const { context, dsn, folder, sql } = await project();
    await up(context, {});
    await interruptAfterOne(dsn, folder);
    const plain = await folderOf({
      [`${first}.ts`]: await readFile(path.join(folder, `${first}.ts`), "utf8"),
      [`${fill}.ts`]: backfillSource({}, "update t set n = n + 1").replace(/ {2}readonly backfill.*\n/, ""),
    });
    for (const other of [contextOf(dsn, plain), contextOf(dsn, folder, { backfills: "whole" })])
      expect(await up(other, {}).then(refusalOf)).toMatch(/is begun|has changed/);
    await runNextBackfill(context);
    expect(await changes(sql)).toEqual({ 1: 20_000 });
  });

  it("is left alone by a run that another one has taken over from", async () => {
    const { context, sql } = await project();
    await up(context, {});
    await setPaused(context, true);
    const run = runNextBackfill(context);
    await until(async () => context.events.some((event) => event.type === "backfill"));
    await sql("update mikro_orm_migrations_backfill set run_id = 'another', paused_at = null");
    await expect(run).rejects.toMatchObject({ code: "refused", message: expect.stringContaining("took the backfill") });
    expect(await changes(sql)).toEqual({ 0: 20_000 });
  });

  it("is not run again by a run that was late", async () => {
    const { context, dsn, folder, sql } = await project();
    await up(contextOf(dsn, folder, { backfills: "wait" }), {});
    const migration = await (await openHistory(folder)).load(fill);
    await withConnection(context, async (connection) => {
      expect(await runBackfill({ ...context, connection }, migration)).toEqual({ busyMs: 0 });
    });
    expect(await listBackfills(context)).toEqual([]);
    expect(await changes(sql)).toEqual({ 1: 20_000 });
  });

  it("of a small table waits for whoever changes its rows", async () => {
    const { context, dsn, sql } = await project({ rows: 50 });
    const other = await openClient(dsn);
    await other.query("select pg_advisory_lock(hashtextextended($1, 0))", [backfillLock(context.ledger)]);
    expect((await up(context, {})).steps.map(({ result }) => result)).toEqual(["applied", "held", "held"]);
    expect(await changes(sql)).toEqual({ 0: 50 });
    await other.end();
    await until(async () => (await up(context, {})).steps.length === 2);
    expect(await changes(sql)).toEqual({ 1: 50 });
  });

  it("is looked at as up looks, before its first batch", async () => {
    const { context, dsn, folder, sql } = await project();
    await up(context, {});
    const edited = await folderOf({
      [first]: { up: ["select 'edited'"], down: [] },
      [`${fill}.ts`]: await readFile(path.join(folder, `${fill}.ts`), "utf8"),
    });
    const report = await runNextBackfill(contextOf(dsn, edited));
    expect(report).toMatchObject({ outcome: "refused", problems: [{ code: "changed" }] });
    expect(await changes(sql)).toEqual({ 0: 20_000 });
  });

  it("that is renamed or removed once it is begun is missed, and not run anew", async () => {
    const { context, dsn, folder, sql } = await project();
    await up(context, {});
    await interruptAfterOne(dsn, folder);
    const text = await readFile(path.join(folder, `${fill}.ts`), "utf8");
    const renamed = await folderOf({
      [`${first}.ts`]: await readFile(path.join(folder, `${first}.ts`), "utf8"),
      "Migration20240101000150_other.ts": text.replace(fill, "Migration20240101000150_other"),
    });
    const other = contextOf(dsn, renamed);
    for (const report of [await up(other, {}).catch(toReport), await runNextBackfill(other).catch(toReport)])
      expect(report).toContain("there is no such migration any more");
    await runNextBackfill(context);
    expect(await changes(sql)).toEqual({ 1: 20_000 });
  });

  it.each([
    ["set: id = id + 1", { table: "t", set: "n = 1, id = id + 1" }, "update t set n = 1, id = id + 1", "changes id"],
    [
      "from",
      { table: "t", set: "n = 1 from t o", where: "o.id = t.id" },
      "update t set n = 1 from t o where o.id = t.id",
      "ambiguous",
    ],
    [
      "returning",
      { table: "t", set: "n = 1", where: "true returning n" },
      "update t set n = 1 where true returning n",
      "syntax error",
    ],
  ])("is read in its batch form on a small table too: %s", async (_, declared, sql, message) => {
    const { context } = await project({ rows: 10, declared, sql });
    expect(await up(context, {}).then(refusalOf)).toContain(message);
    const { migrations } = await verify(context, { shadow: { servers: [inject("postgresDsn")] }, only: fill });
    expect(migrations[0]?.faults.map((fault) => fault.message).join()).toContain(message);
  });

  it("that baseline would pass over is refused there", async () => {
    const { context, dsn, folder } = await project();
    await up(context, {});
    await interruptAfterOne(dsn, folder);
    const options = { at: fill, shadow: { servers: [inject("postgresDsn")] } };
    await expect(baseline(context, options)).rejects.toThrow("is begun");
  });

  it("fails where a policy would hide rows from it", async () => {
    const { context, dsn, folder, sql } = await project();
    await up(context, {});
    const name = `filler_${Date.now()}`;
    await sql(`create role ${name} login password 'p' in role pg_monitor; grant all on schema public to ${name}`);
    await sql(
      `grant all on all tables in schema public to ${name}; grant all on all sequences in schema public to ${name}`,
    );
    await sql("alter table t enable row level security; create policy few on t using (id < 10)");
    const url = new URL(dsn);
    [url.username, url.password] = [name, "p"];
    const failed = await runNextBackfill(contextOf(url.href, folder)).then(refusalOf, (error: Error) => error.message);
    expect(failed).toContain("row-level security policy");
    expect(await changes(sql)).toEqual({ 0: 20_000 });
    await sql(`drop owned by ${name}; drop role ${name}`);
  });

  it.each([
    { create: "create table t (id int, n int not null default 0)", message: "no primary key of one column" },
    {
      create: "create table t (id int, n int not null default 0)",
      declared: { table: "t", set: "n = n + 1", key: "id" },
      message: "may be null",
    },
    {
      create: "create table t (id int not null, n int not null default 0)",
      declared: { table: "t", set: "n = n + 1", key: "id" },
      message: "first in no index",
    },
    { declared: { table: "t", set: "n = n + 1", key: "nope" }, message: "has no column nope" },
  ])("is refused: $message", async ({ message, ...given }) => {
    const { context, sql } = await project(given);
    const report = await up(context, {});
    expect(report.error?.message).toContain(message);
    expect(await changes(sql)).toEqual({ 0: 20_000 });
  });

  it("does not run blindly where standbys cannot be seen", async () => {
    // One that lets a standby in.
    const server = await startPostgres({ source: "embedded" });
    onTestFinished(async () => await server.stop());
    const { context, dsn, folder, sql } = await project({ server: server.dsn });
    await up(context, {});
    const name = `filler_${Date.now()}`;
    await sql(
      `create role ${name} login password 'p'; grant all on all tables in schema public to ${name}; grant all on all sequences in schema public to ${name}`,
    );
    const url = new URL(dsn);
    const standby = await openClient(`${dsn}${dsn.includes("?") ? "&" : "?"}replication=true`);
    [url.username, url.password] = [name, "p"];
    const error = await runNextBackfill(contextOf(url.href, folder)).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: "refused", message: expect.stringContaining("grant pg_monitor") });
    expect(await changes(sql)).toEqual({ 0: 20_000 });
    await sql(`grant pg_monitor to ${name}`);
    await standby.end();
    await runNextBackfill(contextOf(url.href, folder));
    expect(await changes(sql)).toEqual({ 1: 20_000 });
    await sql(`drop owned by ${name}; drop role ${name}`);
  });
});

describe("a declaration", () => {
  it.each([
    [{ table: "t", set: "n = 1" }, "update t set n = 2", "up() must add the backfill"],
    [{ table: "t", set: "n = 1", where: "n = 0" }, "update t set n = 1", "up() must add the backfill"],
    [{ table: "t", set: "n = 1" }, "update t set n = 1; drop table t", "up() must add the backfill"],
    [{ table: "t" }, "update t set n = 1", "backfill.set must be text"],
    [{ table: "t", set: "n = 1", wher: "x" }, "update t set n = 1", 'no option "wher"'],
    [{ table: "t", set: "n = 1", batch: 0 }, "update t set n = 1", "whole number"],
    [
      { table: "t", set: "n = 1", where: "true) or (true" },
      "update t set n = 1 where true) or (true",
      "one whole expression",
    ],
    [{ table: "t", set: "n = 1;" }, "update t set n = 1;", "one whole expression"],
  ])("%j beside %s is refused", async (declared, sql, message) => {
    const folder = await folderOf({ [`${fill}.ts`]: backfillSource(declared, sql) });
    const [file] = (await discover(folder)).files;
    await expect(loadMigration(file as never)).rejects.toThrow(message);
  });
});
