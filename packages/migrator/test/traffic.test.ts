import { spawn, spawnSync } from "node:child_process";
import { chmod, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { createContext } from "../src/execute/context.ts";
import { connect } from "../src/postgres/connection.ts";
import { up } from "../src/commands/up-and-down.ts";
import { readStatus } from "../src/commands/status.ts";
import { contextOf, emptyDatabase, folderOf, tablesOf, temporaryFolder, until } from "./support.ts";

describe("a reader that holds the table which a migration wants", () => {
  it("is waited for in short turns, so that other readers are never held up longer than the lock time-out", async () => {
    const { dsn, sql, connect: open } = await emptyDatabase();
    await sql("create table busy (id int)");
    const directory = await folderOf({ M1: { up: ["alter table busy add column note text"] } });
    const context = contextOf(dsn, directory, { lockTimeoutMs: 400, lockBudgetMs: 30_000 });
    const holder = await open();
    await holder.query("begin; select * from busy");
    const run = up(context);
    const reader = await open();
    const waits: number[] = [];
    const deadline = Date.now() + 4000;
    while (Date.now() < deadline) {
      const began = performance.now();
      await reader.query("select * from busy");
      waits.push(performance.now() - began);
      await sleep(5);
    }
    await holder.query("commit");
    expect((await run).outcome).toBe("applied");
    const slowest = Math.max(...waits);
    console.log(`slowest of ${waits.length} readers: ${slowest.toFixed(0)} ms, with a lock time-out of 400 ms`);
    // One turn at a time, with room for a machine under load; without turns it would be the four seconds.
    expect(slowest).toBeLessThan(2000);
    const blocked = context.events.find((event) => event.type === "blocked");
    expect(blocked).toMatchObject({
      name: "M1",
      blockers: [{ applicationName: "test", state: "idle in transaction" }],
    });
    expect(context.events.some((event) => event.type === "retrying")).toBe(true);
  });

  it("outlives the budget: the run fails, and nothing is half applied", async () => {
    const { dsn, sql, connect: open } = await emptyDatabase();
    await sql("create table busy (id int)");
    const directory = await folderOf({ M1: { up: ["create table made ()", "alter table busy add column note text"] } });
    const holder = await open();
    await holder.query("begin; select * from busy");
    const report = await up(contextOf(dsn, directory, { lockTimeoutMs: 100, lockBudgetMs: 600 }));
    expect(report).toMatchObject({ outcome: "failed", error: { code: "failed", sqlState: "55P03", number: 2 } });
    expect(await tablesOf(sql)).toEqual(["busy", "mikro_orm_migrations"]);
    await holder.query("commit");
  });
});

describe("fifty runners at once", () => {
  it("apply a hundred migrations to an empty database, each once, and none sees an error", async () => {
    const { dsn, sql } = await emptyDatabase();
    const names = Array.from({ length: 100 }, (_, index) => `M${String(index + 1).padStart(4, "0")}`);
    const directory = await folderOf(
      Object.fromEntries(names.map((name) => [name, { up: [`create table t_${name} ()`] }])),
    );
    const reports = await Promise.all(
      Array.from({ length: 50 }, async () => await up(createContext({ dsn, migrations: directory }))),
    );
    expect(reports.filter(({ outcome }) => outcome === "applied")).toHaveLength(1);
    expect(reports.filter(({ outcome }) => outcome === "nothing")).toHaveLength(49);
    expect(
      await sql("select count(*)::int as rows, count(distinct name)::int as names from mikro_orm_migrations"),
    ).toEqual([{ rows: 100, names: 100 }]);
  });
});

const hasPgBouncer = spawnSync("pgbouncer", ["--version"]).status === 0;

it("finds PgBouncer where it is required", () => {
  expect(hasPgBouncer || process.env["REQUIRE_PGBOUNCER"] !== "1").toBe(true);
});

it.skipIf(!hasPgBouncer)("refuses to run behind PgBouncer in transaction mode, and changes nothing", async () => {
  const { dsn, sql } = await emptyDatabase();
  const bouncer = await startPgBouncer(dsn);
  const directory = await folderOf({ M1: { up: ["create table a ()"] } });
  await expect(up(contextOf(bouncer, directory))).rejects.toThrow(/connection pooler such as PgBouncer/);
  expect(await tablesOf(sql)).toEqual([]);
  expect((await readStatus(contextOf(bouncer, directory))).state).toBe("empty");
});

/** Puts a PgBouncer in front of the server; gives the database's address through it. */
async function startPgBouncer(dsn: string): Promise<string> {
  const { hostname, port, username, password, pathname } = new URL(dsn);
  const folder = await temporaryFolder();
  await chmod(folder, 0o755);
  const listen = await freePort();
  const settings = [
    "pool_mode = transaction",
    "auth_type = plain",
    "auth_file = users.txt",
    "listen_addr = 127.0.0.1",
    `listen_port = ${listen}`,
    "unix_socket_dir =",
  ];
  await writeFile(path.join(folder, "users.txt"), `"${username}" "${password}"\n`);
  const lines = [
    "[databases]",
    `* = host=${hostname} port=${port}`,
    "[pgbouncer]",
    ...settings,
    "ignore_startup_parameters = extra_float_digits",
    "",
  ];
  await writeFile(path.join(folder, "pgbouncer.ini"), lines.join("\n"));
  const account = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const bouncer = spawn("pgbouncer", ["pgbouncer.ini"], { cwd: folder, stdio: "ignore", ...account });
  onTestFinished(() => void bouncer.kill("SIGKILL"));
  const address = `postgresql://${username}:${password}@127.0.0.1:${listen}${pathname}`;
  await until(
    async () =>
      await connect(address, "test").then(
        async (one) => await one.close().then(() => true),
        () => false,
      ),
  );
  return address;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
