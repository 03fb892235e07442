import { text } from "node:stream/consumers";
import { once } from "node:events";
import { rename, utimes, writeFile } from "node:fs/promises";
import { Agent, get, request } from "node:http";
import { connect } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { temporaryFolder } from "@thedata/dev-postgres/testing";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { listen } from "./processes.ts";
import { holdLock, nowhere, sessionSecret, startApi, type TestApi } from "./support.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(async () => await api.close());

/** The API's log message when it is told to stop. */
const finishing = "finishing the requests under way";

const patience = { timeout: 120_000 };

async function start() {
  const running = await listen({ POSTGRES_DSN: api.dsn, SESSION_SECRET: sessionSecret });
  const chunks: string[] = [];
  running.child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk.toString()));
  const saw = async (text: string, count = 1) =>
    await vi.waitUntil(() => chunks.join("").split(text).length > count, patience);
  return { ...running, saw };
}

/** Why a request got no answer, and whether its connection was reused. */
interface Failure extends Error {
  readonly code: string;
  readonly reused: boolean;
}

interface Answer {
  readonly status: number;
  readonly connection: string;
  readonly body?: string;
}

/** Sends one request and gives its status and the answer's connection header. */
async function ask(url: string, agent: Agent, token: string, onSent = () => {}): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const asked = get(url, { agent, headers: { authorization: `Bearer ${token}` } }, async (response) => {
      const body = await text(response);
      resolve({ status: response.statusCode ?? 0, connection: response.headers.connection ?? "", body });
    });
    asked.once("finish", onSent);
    asked.once("error", (error) => reject(Object.assign(error, { reused: asked.reusedSocket })));
  });
}

/** Begins a request; the returned function completes the body, which the route refuses. */
function begin(url: string, agent: Agent, token: string): () => Promise<Answer> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "content-length": "2" };
  const begun = request(url, { agent, method: "POST", headers });
  begun.write("{");
  const answer = new Promise<Answer>((resolve, reject) => {
    begun.once("error", reject).once("response", (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, connection: response.headers.connection ?? "" });
    });
  });
  return async () => {
    begun.end("}");
    return await answer;
  };
}

/** Waits until this many requests of the API wait for a lock. */
async function untilWaiting(count: number): Promise<void> {
  const waiting = `select from pg_stat_activity
    where datname = current_database() and application_name like 'thedata-api @%' and wait_event_type = 'Lock'`;
  await vi.waitFor(async () => expect(await api.sql(waiting)).toHaveLength(count), patience);
}

/** Waits until nothing listens at the address. */
async function untilClosed(address: string): Promise<void> {
  const isOpen = async () =>
    await new Promise<boolean>((resolve) => {
      const socket = connect(Number(new URL(address).port), "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
  await vi.waitFor(async () => expect(await isOpen()).toBe(false), patience);
}

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s ends the API with 0 after every request under way is answered",
  async (signal) => {
    const { token } = await api.administrator();
    const { child, ended, address, saw } = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 60 });
    onTestFinished(() => agent.destroy());
    await Promise.all(Array.from({ length: 20 }, async () => await ask(`${address}/healthz`, agent, token)));
    // Slow requests: five wait for a lock, and forty-five for the rest of their body.
    const release = await holdLock(api.dsn, "organizations");
    const url = `${address}/v1/organizations/${nowhere}`;
    const locked = Array.from({ length: 5 }, async () => await ask(url, agent, token));
    const begun = Array.from({ length: 45 }, () => begin(`${address}/v1/roles`, agent, token));
    await saw('"method":"POST"', 45);
    await untilWaiting(5);
    child.kill(signal);
    await saw(finishing);
    await untilClosed(address);
    expect(child.exitCode).toBe(null);
    const answers = begun.map(async (complete) => await complete());
    await release();
    const statuses = [...Array.from({ length: 45 }, () => 400), ...Array.from({ length: 5 }, () => 404)];
    const expected = statuses.map((status) => ({ status, connection: "close" }));
    expect(await Promise.all([...answers, ...locked])).toMatchObject(expected);
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(stdout).toContain('"msg":"stopped"');
  },
);

test("connections that the kernel has taken are served, however long the API sleeps past its moment", async () => {
  const { child, ended, address, saw } = await start();
  const agent = new Agent({ keepAlive: true, maxSockets: 120 });
  onTestFinished(() => agent.destroy());
  await ask(`${address}/healthz`, agent, "");
  // Paused, as on a machine under load: the kernel accepts the connections and what is sent on them.
  child.kill("SIGSTOP");
  let sent = 0;
  const answers = Array.from(
    { length: 120 },
    async () => await ask(`${address}/healthz`, agent, "", () => void sent++),
  );
  await vi.waitFor(() => expect(sent).toBe(120), patience);
  child.kill("SIGTERM");
  child.kill("SIGCONT");
  await saw(finishing);
  child.kill("SIGSTOP");
  await sleep(500);
  child.kill("SIGCONT");
  expect(new Set((await Promise.all(answers)).map(({ status }) => status))).toEqual(new Set([200]));
  expect((await ended).code).toBe(0);
});

test("requests that keep coming on open connections are answered until the connections close", async () => {
  const { token } = await api.administrator();
  const { child, ended, address } = await start();
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  onTestFinished(() => agent.destroy());
  const answers: string[] = [];
  const client = async () => {
    for (;;) {
      const answer = await ask(`${address}/v1/sessions/current`, agent, token).catch((error: Failure) => error);
      if (answer instanceof Error) return answer;
      answers.push(answer.status === 200 ? "200" : `${answer.status} ${answer.body}`);
    }
  };
  const clients = Array.from({ length: 8 }, client);
  // The pool is full, so no request waits for a new database connection.
  await vi.waitFor(() => expect(answers.filter((answer) => answer === "200").length).toBeGreaterThan(50), patience);
  answers.length = 0;
  child.kill("SIGTERM");
  const failures = await Promise.all(clients);
  const { code, stdout } = await ended;
  expect(code).toBe(0);
  const failed = stdout.split("\n").filter((line) => line.includes("request failed"));
  expect([new Set(answers), failed]).toEqual([new Set(["200"]), []]);
  // The kernel refuses new connections once the port is closed; an open one is told to close and is never cut off.
  expect(failures.map(({ reused }) => reused)).toEqual(Array.from({ length: 8 }, () => false));
});

test("a stopping API is not ready, and asks to close the connection", async () => {
  const stopping = await startApi({ isStopping: () => true });
  const answer = await stopping.call("GET", "/readyz");
  expect([answer.statusCode, answer.headers.connection]).toEqual([503, "close"]);
  await stopping.close();
});

test("connections that nobody uses do not hold up the stop", async () => {
  const { token } = await api.administrator();
  const { child, ended, address } = await start();
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  await ask(`${address}/healthz`, agent, token);
  const silent = connect(Number(new URL(address).port), "127.0.0.1").on("error", () => {});
  onTestFinished(() => void silent.destroy());
  await once(silent, "connect");
  child.kill("SIGTERM");
  // Exit code 0: a stop that exceeds its deadline ends with 1.
  expect((await ended).code).toBe(0);
});

test("a second signal ends the API at once", async () => {
  const { token } = await api.administrator();
  const { child, ended, address, saw } = await start();
  await holdLock(api.dsn, "organizations");
  const url = `${address}/v1/organizations/${nowhere}`;
  const answer = ask(url, new Agent(), token).catch((error: { code: string }) => error.code);
  await untilWaiting(1);
  child.kill("SIGTERM");
  await saw(finishing);
  child.kill("SIGTERM");
  const { code, stdout } = await ended;
  expect([code, await answer]).toEqual([1, "ECONNRESET"]);
  expect(stdout).toContain("ended at once: second signal (SIGTERM)");
});

test("a secret's file with another content ends the API, so that its next start reads it; a touched one does not", async () => {
  const folder = await temporaryFolder();
  const file = path.join(folder, "secret");
  await writeFile(file, sessionSecret);
  const { child, ended } = await listen({ POSTGRES_DSN: api.dsn, SESSION_SECRET_FILE: file });
  let isOver = false;
  void ended.then(() => (isOver = true));
  await utimes(file, new Date(), new Date(0));
  // The file is polled every second; its content is read after a change of its state.
  await sleep(2500);
  expect([isOver, child.exitCode]).toEqual([false, null]);
  await writeFile(`${file}.new`, `${sessionSecret} changed`);
  await rename(`${file}.new`, file);
  const { code, stdout } = await ended;
  expect(code).toBe(0);
  expect(stdout).toContain("the file that SESSION_SECRET_FILE names has changed");
  expect(stdout).not.toContain(sessionSecret);
});
