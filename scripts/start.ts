import { createServer, Socket } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  createDatabase,
  type DevPostgres,
  spawnTethered,
  startPostgres,
  type Tethered,
  withDatabaseName,
} from "@thedata/dev-postgres";
import { StartError } from "./start-error.ts";
import { claimFolder, keepSecret, wasKilled, type Workplace } from "./workplace.ts";

const root = path.resolve(import.meta.dirname, "..");
const source = "--conditions=@thedata/source";
const began = performance.now();

function say(message: string): void {
  console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(5)} s  ${message}`);
}

async function main(): Promise<void> {
  const port = readPort(process.env["PORT"]);
  const folder = path.resolve(root, process.env["DATA_DIR"] ?? ".data");
  const stack = new AsyncDisposableStack();
  try {
    // On a stop request, running work is abandoned: the tethers end it with this process.
    await Promise.race([serve(stack, folder, port), whenAsked()]);
  } finally {
    await stack.disposeAsync();
  }
  say("stopped");
}

/** Starts PostgreSQL, the migrations and the API, and stays until the API ends; `stack` stops them in reverse order. */
async function serve(stack: AsyncDisposableStack, folder: string, port: number): Promise<void> {
  // The API of a killed run needs a moment to notice and to free the port.
  await claimPort(port, (await wasKilled(folder)) ? 35_000 : 0);
  const workplace = await claimFolder(folder);
  stack.defer(async () => await workplace.leave());
  const postgres = await startDatabase(stack, workplace);
  const dsn = await ensureDatabase(postgres);
  await workplace.write("dsn", dsn);
  await runGate(dsn);
  const api = await startApi(stack, workplace, dsn, port);
  announce(port, dsn);
  await api.ended;
  throw new StartError("The API ended by itself: see its lines above.");
}

function readPort(text = "3000"): number {
  if (/^\d{1,5}$/.test(text) && Number(text) > 0 && Number(text) < 65_536) return Number(text);
  throw new StartError(`PORT is "${text}": it takes a port number, such as PORT=3001 npm start`);
}

/**
 * Throws a `StartError` for a port in use, before the database starts; waits up to `patience` milliseconds for the
 * port.
 */
async function claimPort(port: number, patience: number): Promise<void> {
  const deadline = Date.now() + patience;
  for (;;) {
    const code = await tryPort(port);
    if (code === undefined) return;
    if (code !== "EADDRINUSE")
      throw new StartError(`Port ${port} cannot be used (${code}): choose another, such as PORT=3001 npm start`);
    if (Date.now() >= deadline)
      throw new StartError(
        `Port ${port} is in use: end the program that has it, or choose another: PORT=${port === 65_535 ? 3000 : port + 1} npm start`,
      );
    await sleep(100);
  }
}

/** Undefined for a free port, else the system's error code. */
async function tryPort(port: number): Promise<string | undefined> {
  const probe = createServer();
  const code = await new Promise<string | undefined>((resolve) => {
    probe
      .once("error", (error: NodeJS.ErrnoException) => resolve(error.code))
      .listen(port, "127.0.0.1", () => resolve(undefined));
  });
  if (code === undefined) await new Promise((resolve) => probe.close(resolve));
  return code;
}

/** Resolves at Ctrl-C, at a plain kill, and when `npm start` itself has ended. */
async function whenAsked(): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve());
    const fd = Number(process.env["TETHER_FD"]);
    if (fd)
      new Socket({ fd, readable: true, writable: false })
        .on("error", () => resolve())
        .on("close", () => resolve())
        .resume()
        .unref();
  });
  say("stopping the API, then PostgreSQL");
}

async function startDatabase(stack: AsyncDisposableStack, workplace: Workplace): Promise<DevPostgres> {
  const postgres = await startPostgres({
    version: 18,
    source: "embedded",
    dataDir: workplace.path("postgres"),
    onProgress: say,
  });
  stack.defer(async () => await postgres.stop());
  return postgres;
}

async function ensureDatabase({ dsn }: DevPostgres): Promise<string> {
  return await createDatabase(dsn, { name: "thedata" }).catch((error: { code?: string }) => {
    if (error.code === "42P04") return withDatabaseName(dsn, "thedata");
    throw error;
  });
}

/** Applies the migrations; throws a `StartError` where that fails, so that the API does not start. */
async function runGate(dsn: string): Promise<void> {
  say("migrator up");
  const gate = spawnNode(["packages/migrator-cli/src/main.ts", "up", "--wait", "--phase", "expand"], {
    POSTGRES_DSN: dsn,
  });
  const code = await gate.ended;
  if (code !== 0)
    throw new StartError(`The migrations did not apply (exit code ${code}), so the API is not started: see above.`);
}

async function startApi(
  stack: AsyncDisposableStack,
  workplace: Workplace,
  dsn: string,
  port: number,
): Promise<Tethered> {
  say("starting the API");
  const secret = await keepSecret(workplace, "session-secret");
  const api = spawnNode(["apps/api/src/main.ts"], {
    POSTGRES_DSN: dsn,
    SESSION_SECRET: secret,
    HOST: "127.0.0.1",
    PORT: String(port),
    LOG_LEVEL: process.env["LOG_LEVEL"] ?? "warn",
  });
  stack.defer(async () => await api.release());
  await untilReady(port, api);
  return api;
}

/** Removes the caller's own database settings from the program's environment. */
function spawnNode(parameters: readonly string[], variables: NodeJS.ProcessEnv): Tethered {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(POSTGRES|PG|SESSION)/.test(name));
  const env = { ...Object.fromEntries(inherited), ...variables };
  const program = spawnTethered([process.execPath, source, ...parameters], { cwd: root, env, signal: "TERM" });
  program.process.stdout?.pipe(process.stdout, { end: false });
  program.process.stderr?.pipe(process.stderr, { end: false });
  return program;
}

async function untilReady(port: number, api: Tethered): Promise<void> {
  let ended = false;
  void api.ended.then(() => (ended = true));
  for (let waited = 0; waited < 600 && !ended; waited++) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(50);
  }
  throw new StartError("The API did not become ready: see its lines above.");
}

function announce(port: number, dsn: string): void {
  say("ready");
  console.log(`
  API             http://127.0.0.1:${port}/v1
  documentation   http://127.0.0.1:${port}/docs
  readiness       http://127.0.0.1:${port}/readyz
  PostgreSQL      ${dsn}

  The first administrator:  npm run create-admin -- --email you@example.com
  Ctrl-C stops everything; the data stay in .data.
`);
}

try {
  await main();
} catch (error) {
  // A system error (no permission, disk full) says what and where; a stack trace adds nothing.
  const expected = error instanceof StartError || "syscall" in (error as Error);
  console.error(expected ? `error: ${(error as Error).message}` : error);
  process.exitCode = expected ? 2 : 1;
}
// Abandoned work may still be running.
process.exit();
