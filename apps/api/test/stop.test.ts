import { mkdtemp, rename, rm, utimes, writeFile } from "node:fs/promises";
import { Agent, get } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { listen } from "./processes.ts";
import { sessionSecret, startApi, type TestApi } from "./support.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(async () => await api.close());

const env = () => ({ POSTGRES_DSN: api.dsn, SESSION_SECRET: sessionSecret });

/** Why a request got no answer, and whether its connection was an old one. */
interface Failure extends Error {
  readonly code: string;
  readonly reused: boolean;
}

/** Asks once and gives the status and what becomes of the connection. */
async function ask(
  url: string,
  agent: Agent,
  token: string,
  onSent = () => {},
): Promise<{ status: number; connection: string }> {
  return await new Promise((resolve, reject) => {
    const request = get(url, { agent, headers: { authorization: `Bearer ${token}` } }, (response) => {
      response.resume();
      response.once("end", () =>
        resolve({ status: response.statusCode ?? 0, connection: response.headers.connection ?? "" }),
      );
    });
    request.once("finish", onSent);
    request.once("error", (error) => reject(Object.assign(error, { reused: request.reusedSocket })));
  });
}

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s ends the API with 0 after every request under way is answered",
  async (signal) => {
    const { token } = await api.administrator();
    const { child, ended, address } = await listen(env());
    const agent = new Agent({ keepAlive: true, maxSockets: 60 });
    await Promise.all(Array.from({ length: 20 }, async () => await ask(`${address}/healthz`, agent, token)));
    // Slow ones: they wait for a lock that somebody else holds longer than the stop takes to begin.
    const held = api.sql("begin; lock table organizations in access exclusive mode; select pg_sleep(1.2); commit");
    await vi.waitFor(async () =>
      expect(await api.sql("select from pg_locks where mode = 'AccessExclusiveLock'")).not.toEqual([]),
    );
    let sent = 0;
    const onSent = () => void sent++;
    const answers = Array.from(
      { length: 50 },
      async () => await ask(`${address}/v1/organizations`, agent, token, onSent),
    );
    await vi.waitFor(() => expect(sent).toBe(50));
    await sleep(150);
    const asked = Date.now();
    child.kill(signal);
    const statuses = await Promise.all(answers);
    await held;
    expect(Date.now() - asked).toBeGreaterThan(500);
    expect(statuses).toEqual(Array.from({ length: 50 }, () => ({ status: 200, connection: "close" })));
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(stdout).toContain('"msg":"stopped"');
    agent.destroy();
  },
);

test("requests that keep coming on open connections are answered until the connections close", async () => {
  const { token } = await api.administrator();
  const { child, ended, address } = await listen(env());
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const statuses: number[] = [];
  const client = async () => {
    for (;;) {
      const answer = await ask(`${address}/v1/sessions/current`, agent, token).catch((error: Failure) => error);
      if (answer instanceof Error) return answer;
      statuses.push(answer.status);
    }
  };
  const clients = Array.from({ length: 8 }, client);
  await sleep(200);
  child.kill("SIGTERM");
  const failures = await Promise.all(clients);
  expect((await ended).code).toBe(0);
  expect(new Set(statuses)).toEqual(new Set([200]));
  // New connections end with the port, in the kernel; one that was open is told to close and never cut off.
  expect(failures.map(({ reused }) => reused)).toEqual(Array.from({ length: 8 }, () => false));
  agent.destroy();
});

test("a stopping API is not ready, and asks to close the connection", async () => {
  const stopping = await startApi({ isStopping: () => true });
  const answer = await stopping.call("GET", "/readyz");
  expect([answer.statusCode, answer.headers.connection]).toEqual([503, "close"]);
  await stopping.close();
});

test("connections that nobody uses do not hold up the stop", async () => {
  const { token } = await api.administrator();
  const { child, ended, address } = await listen(env());
  const agent = new Agent({ keepAlive: true });
  await ask(`${address}/healthz`, agent, token);
  const silent = connect(Number(new URL(address).port), "127.0.0.1").on("error", () => {});
  await sleep(100);
  const asked = Date.now();
  child.kill("SIGTERM");
  expect((await ended).code).toBe(0);
  expect(Date.now() - asked).toBeLessThan(6000);
  silent.destroy();
  agent.destroy();
});

test("a second signal ends the API at once", async () => {
  const { token } = await api.administrator();
  const { child, ended, address } = await listen(env());
  const held = api.sql("begin; lock table organizations in access exclusive mode; select pg_sleep(1.5); commit");
  await vi.waitFor(async () =>
    expect(await api.sql("select from pg_locks where mode = 'AccessExclusiveLock'")).not.toEqual([]),
  );
  const answer = ask(`${address}/v1/organizations`, new Agent(), token).catch((error: { code: string }) => error.code);
  await sleep(100);
  const asked = Date.now();
  child.kill("SIGTERM");
  await sleep(100);
  child.kill("SIGTERM");
  expect((await ended).code).toBe(1);
  expect(Date.now() - asked).toBeLessThan(1000);
  expect(await answer).toBe("ECONNRESET");
  await held;
});

test("a secret's file with another content ends the API, so that its next start reads it; a touched one does not", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "api-stop-"));
  onTestFinished(async () => await rm(folder, { recursive: true }));
  const file = path.join(folder, "secret");
  await writeFile(file, sessionSecret);
  const { child, ended } = await listen({ POSTGRES_DSN: api.dsn, SESSION_SECRET_FILE: file });
  let isOver = false;
  void ended.then(() => (isOver = true));
  await utimes(file, new Date(), new Date(0));
  // The state of the file is looked at every second; once it has been seen the content is read.
  await sleep(2500);
  expect([isOver, child.exitCode]).toEqual([false, null]);
  await writeFile(`${file}.new`, `${sessionSecret} changed`);
  await rename(`${file}.new`, file);
  const { code, stdout } = await ended;
  expect(code).toBe(0);
  expect(stdout).toContain("the file that SESSION_SECRET_FILE names has changed");
  expect(stdout).not.toContain(sessionSecret);
});
