import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdir, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  createDatabase,
  dropDatabase,
  installedVersion,
  type PostgresVersion,
  startPostgres,
  withDatabaseName,
} from "../src/index.ts";
import { isRunning, query, serverProcess, startEmbedded, temporaryFolder, until } from "./support.ts";

const versions: PostgresVersion[] = [15, 16, 17, 18];

it.each(versions)("starts PostgreSQL %s, on the loopback address alone and with a password", async (version) => {
  const { dsn, source } = await startEmbedded({ version });
  const [row] = await query(dsn, "show server_version_num");
  expect({ source, version: Math.trunc(Number(row?.["server_version_num"]) / 10_000) }).toEqual({
    source: "embedded",
    version,
  });
  expect(await query(dsn, "show listen_addresses")).toEqual([{ listen_addresses: "127.0.0.1" }]);
  expect(await query(dsn, "select rolsuper from pg_roles where rolname = current_user")).toEqual([{ rolsuper: true }]);
  const wrong = Object.assign(new URL(dsn), { password: "wrong" }).href;
  await expect(query(wrong, "select 1")).rejects.toMatchObject({ code: "28P01" });
});

const installed = installedVersion();

it("finds an installed server where one is required", () => {
  expect(installed !== undefined || process.env["REQUIRE_INSTALLED_POSTGRES"] !== "1").toBe(true);
});

it.skipIf(installed === undefined)("starts the newest server that the machine's packages brought", async () => {
  const { dsn, source, stop } = await startPostgres({ source: "installed" });
  onTestFinished(stop);
  const [row] = await query(dsn, "show server_version_num");
  expect({ source, version: Math.trunc(Number(row?.["server_version_num"]) / 10_000) }).toEqual({
    source: "installed",
    version: installed,
  });
});

it("starts the newest version unless told, and several beside each other", async () => {
  const servers = await Promise.all([startEmbedded(), startEmbedded()]);
  expect(new Set(servers.map(({ dsn }) => new URL(dsn).port)).size).toBe(2);
  for (const { dsn } of servers)
    expect(await query(dsn, "show server_version_num")).toEqual([{ server_version_num: expect.stringMatching(/^18/) }]);
});

it("keeps nobody from ending who has stopped it", async () => {
  const index = path.resolve(import.meta.dirname, "../src/index.ts");
  const program = `const { startPostgres } = await import(${JSON.stringify(index)});
    await (await startPostgres({ source: "embedded" })).stop();`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const [code] = await once(child, "exit", { signal: AbortSignal.timeout(15_000) });
  expect(code).toBe(0);
});

it("never runs as root", async () => {
  const { dsn } = await startEmbedded();
  const { uid } = await stat(`/proc/${await serverProcess(dsn)}`);
  expect(uid).not.toBe(0);
});

it("ends its process when it is stopped, and leaves nothing in the temporary folder", async () => {
  const ours = async () =>
    (await readdir(tmpdir())).filter(
      (name) => name.startsWith("dev-postgres-") && !name.startsWith("dev-postgres-test-"),
    );
  const before = await ours();
  const { dsn, stop } = await startEmbedded();
  const pid = await serverProcess(dsn);
  const [folder] = await query<{ data: string }>(dsn, "select current_setting('data_directory') as data");
  expect(before).not.toContain(path.basename(path.dirname(folder?.data ?? "")));
  await stop();
  expect(await isRunning(pid)).toBe(false);
  await expect(stat(path.dirname(folder?.data ?? ""))).rejects.toMatchObject({ code: "ENOENT" });
  await stop();
});

it("is stopped though somebody is connected", async () => {
  const { dsn, stop } = await startEmbedded();
  const sleeping = query(dsn, "select pg_sleep(60)").catch((error: { code?: string }) => error.code);
  await until(async () => (await query(dsn, "select from pg_stat_activity where wait_event = 'PgSleep'")).length > 0);
  await stop();
  expect(await sleeping).toBe("57P01");
});

/** Starts a program that starts a server, and gives the program and the server's address and process. */
async function startStarter(dataDir?: string): Promise<{ starter: ChildProcess; dsn: string; pid: number }> {
  const starter = spawn(
    process.execPath,
    [path.join(import.meta.dirname, "starter.ts"), ...(dataDir ? [dataDir] : [])],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  onTestFinished(() => void starter.kill("SIGKILL"));
  const [line] = (await once(starter.stdout, "data")) as [Buffer];
  const dsn = line.toString().trim();
  // A killed program cannot remove its temporary folder.
  const [row] = await query<{ data: string }>(dsn, "select current_setting('data_directory') as data");
  if (!dataDir && row) onTestFinished(async () => await rm(path.dirname(row.data), { recursive: true, force: true }));
  return { starter, dsn, pid: await serverProcess(dsn) };
}

it.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)(
  "ends when the process that started it ends by %s",
  async (signal) => {
    const { starter, pid } = await startStarter();
    expect(await isRunning(pid)).toBe(true);
    starter.kill(signal);
    await until(async () => !(await isRunning(pid)));
  },
);

describe("with a folder for its data", () => {
  const remember = "create table kept (word text); insert into kept values ('still here')";

  it("keeps them, the password and the port from start to start", async () => {
    const dataDir = await temporaryFolder();
    const before = await startEmbedded({ dataDir });
    await query(before.dsn, remember);
    await before.stop();
    const after = await startEmbedded({ dataDir });
    expect(await query(after.dsn, "select word from kept")).toEqual([{ word: "still here" }]);
    expect(after.dsn).toBe(before.dsn);
    expect(await query(after.dsn, "show fsync")).toEqual([{ fsync: "on" }]);
  });

  it("keeps them when the program is killed, and waits for the server that it left", async () => {
    const dataDir = await temporaryFolder();
    const { starter, dsn } = await startStarter(dataDir);
    await query(dsn, remember);
    starter.kill("SIGKILL");
    const { dsn: again } = await startEmbedded({ dataDir });
    expect(await query(again, "select word from kept")).toEqual([{ word: "still here" }]);
  });

  it("keeps them when everything is killed, the server too", async () => {
    const dataDir = await temporaryFolder();
    const { starter, dsn, pid } = await startStarter(dataDir);
    await query(dsn, remember);
    process.kill(pid, "SIGKILL");
    starter.kill("SIGKILL");
    const { dsn: again } = await startEmbedded({ dataDir });
    expect(await query(again, "select word from kept")).toEqual([{ word: "still here" }]);
  });

  it("starts anew where initdb was killed half way", async () => {
    const dataDir = await temporaryFolder();
    await mkdir(path.join(dataDir, "data", "base"), { recursive: true });
    const { dsn } = await startEmbedded({ dataDir });
    expect(await query(dsn, "select 1 as one")).toEqual([{ one: 1 }]);
  });

  it("starts below a folder that only its owner may enter, whoever that is, and keeps them there", async () => {
    const closed = await temporaryFolder();
    await chmod(closed, 0o700);
    const dataDir = path.join(closed, "deep", "data");
    const before = await startEmbedded({ dataDir });
    const [row] = await query<{ data: string }>(before.dsn, "select current_setting('data_directory') as data");
    const root = path.dirname(row?.data ?? "");
    // PostgreSQL's account cannot enter root's folders: then the data are elsewhere.
    const elsewhere = process.getuid?.() === 0;
    expect(root === dataDir).toBe(!elsewhere);
    if (elsewhere)
      onTestFinished(async () => await (await import("node:fs/promises")).rm(root, { recursive: true, force: true }));
    await query(before.dsn, remember);
    await before.stop();
    const after = await startEmbedded({ dataDir });
    expect(await query(after.dsn, "select word from kept")).toEqual([{ word: "still here" }]);
    await after.stop();
  });
});

describe("createDatabase", () => {
  it("makes a database with a name of its own, or with the given one, and dropDatabase takes it away", async () => {
    const { dsn } = await startEmbedded();
    const [first, second] = [await createDatabase(dsn), await createDatabase(dsn)];
    expect(first).not.toBe(second);
    const named = await createDatabase(dsn, { name: `it's "quoted"` });
    expect(await query(named, "select current_database() as name")).toEqual([{ name: `it's "quoted"` }]);
    await dropDatabase(dsn, named);
    await expect(query(named, "select 1")).rejects.toMatchObject({ code: "3D000" });
    await dropDatabase(dsn, named);
  });

  it("copies a template with its rows, which stay apart from then on", async () => {
    const { dsn } = await startEmbedded();
    const template = await createDatabase(dsn, { name: "original" });
    await query(template, "create table words (word text); insert into words values ('copied')");
    const copy = await createDatabase(dsn, { template: "original" });
    expect(await query(copy, "select word from words")).toEqual([{ word: "copied" }]);
    await query(copy, "delete from words");
    expect(await query(template, "select word from words")).toEqual([{ word: "copied" }]);
  });

  it("drops a database that somebody is connected to", async () => {
    const { dsn } = await startEmbedded();
    const used = await createDatabase(dsn);
    const sleeping = query(used, "select pg_sleep(60)").catch((error: { code?: string }) => error.code);
    await until(async () => (await query(dsn, "select from pg_stat_activity where wait_event = 'PgSleep'")).length > 0);
    await dropDatabase(dsn, used);
    expect(await sleeping).toBe("57P01");
  });

  it("gives the same address with another name", () => {
    expect(withDatabaseName("postgresql://u:p%40@h:1/x?sslmode=disable", "a/b c")).toBe(
      "postgresql://u:p%40@h:1/a%2Fb%20c?sslmode=disable",
    );
  });
});
