import { once } from "node:events";
import { Agent, get } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import { createDatabase } from "@thedata/dev-postgres";
import { expect, inject, onTestFinished, test, vi } from "vitest";
import { openDatabase } from "../src/database.ts";
import { watchReadiness } from "../src/readiness.ts";
import { listen } from "./processes.ts";
import { holdLock, nowhere, sessionSecret, startOwnApi, type TestApi } from "./support.ts";

const patience = { timeout: 120_000 };

/** The parts of an answer that tell whether and when to retry. */
interface Answer {
  readonly status: number | string;
  readonly retryAfter?: string | undefined;
  readonly type?: string | undefined;
}

/** Starts an API in its own process; its log is read at its end. */
async function startProcess(api: TestApi, dsn = api.dsn) {
  const { token } = await api.administrator();
  const running = await listen({ POSTGRES_DSN: dsn, SESSION_SECRET: sessionSecret });
  const agent = new Agent({ maxSockets: Infinity });
  const ask = async (path: string): Promise<Answer> =>
    await new Promise((resolve) => {
      const headers = { authorization: `Bearer ${token}` };
      get(`${running.address}${path}`, { agent, headers }, (response) => {
        const { "retry-after": retryAfter, "content-type": type } = response.headers;
        response.resume().once("end", () => resolve({ status: response.statusCode ?? 0, retryAfter, type }));
      }).once("error", (error: NodeJS.ErrnoException) => resolve({ status: error.code ?? error.message }));
    });
  const readLog = async () => {
    running.child.kill("SIGTERM");
    const { stdout } = await running.ended;
    return stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  return { ...running, ask, readLog };
}

const refused = (api: TestApi, person: Awaited<ReturnType<TestApi["person"]>>) => async () =>
  await api.call("GET", "/v1/organizations", { as: person });

test("requests beyond the places are refused at once with 503 and Retry-After, and the probes answer", async () => {
  const api = await startOwnApi({ maxRequests: 20 });
  const ask = refused(api, await api.administrator());
  const release = await holdLock(api.dsn, "organizations");
  const statuses: number[] = [];
  const answers = Array.from({ length: 50 }, async () => {
    const answer = await ask();
    statuses.push(answer.statusCode);
    return answer;
  });
  // The other requests cannot be answered while the lock is held.
  await vi.waitFor(() => expect(statuses).toHaveLength(30), patience);
  for (const probe of ["/healthz", "/readyz"]) expect((await api.app.inject(probe)).statusCode).toBe(200);
  await release();
  const all = await Promise.all(answers);
  expect(all.filter(({ statusCode }) => statusCode === 200)).toHaveLength(20);
  for (const answer of all.filter(({ statusCode }) => statusCode !== 200)) {
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([503, "application/problem+json"]);
    expect(answer.headers["retry-after"]).toBe("1");
    expect(answer.json().detail).toMatch(/Too many requests at once/);
  }
  expect((await ask()).statusCode).toBe(200);
});

test("a place is free again after every kind of answer", async () => {
  const api = await startOwnApi({ maxRequests: 1 });
  const [administrator, nobody] = [await api.administrator(), await api.person()];
  for (let round = 0; round < 3; round++) {
    expect((await api.call("GET", "/v1/organizations")).statusCode).toBe(401);
    expect((await api.call("GET", "/v1/organizations", { as: nobody })).statusCode).toBe(403);
    expect((await api.call("GET", "/v1/nothing", { as: nobody })).statusCode).toBe(404);
    expect((await api.call("POST", "/v1/roles", { as: administrator, body: { name: 5 } })).statusCode).toBe(400);
    expect((await api.call("GET", "/v1/organizations", { as: administrator })).statusCode).toBe(200);
  }
});

test("a thousand connections at once are answered with 200 or 503, and the log says why", async () => {
  const api = await startOwnApi();
  const running = await startProcess(api);
  await vi.waitFor(async () => expect((await running.ask("/readyz")).status).toBe(200), patience);
  const answers = Promise.all(Array.from({ length: 1000 }, async () => await running.ask("/v1/organizations")));
  expect((await running.ask("/healthz")).status).toBe(200);
  const statuses = (await answers).map(({ status }) => status);
  expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
  // Afterwards the API serves as before.
  await vi.waitFor(async () => expect((await running.ask("/readyz")).status).toBe(200), patience);
  expect((await running.ask("/v1/organizations")).status).toBe(200);
  const log = await running.readLog();
  const reasons = log.filter(({ msg, code }) => code && (msg === "request refused" || msg === "request failed"));
  expect(reasons).toHaveLength(statuses.filter((status) => status === 503).length);
  expect(reasons.find(({ code }) => code === "OVERLOADED")).toMatchObject({
    reason: expect.stringMatching(/places are taken/),
  });
});

// A route with one query of the locked table; a list sends two at once, for the rows and their number.
const oneQuery = `/v1/organizations/${nowhere}`;

test("who waits too long for a connection of the pool is told to come back, and the log says why", async () => {
  const api = await startOwnApi();
  const running = await startProcess(api);
  const release = await holdLock(api.dsn, "organizations");
  const answered: Answer[] = [];
  const answers = Array.from({ length: 13 }, async () => answered.push(await running.ask(oneQuery)));
  await vi.waitFor(() => expect(answered).toHaveLength(3), patience);
  for (const answer of answered)
    expect(answer).toEqual({ status: 503, retryAfter: "1", type: "application/problem+json" });
  await release();
  await Promise.all(answers);
  expect(answered.slice(3).map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 404));
  const failures = (await running.readLog()).filter(({ msg }) => msg === "request failed");
  expect(failures).toHaveLength(3);
  expect(failures[0]).toMatchObject({ code: "POOL_TIMEOUT", message: "timeout exceeded when trying to connect" });
});

test("a connection that breaks under a request makes it a 503, and the log says why", async () => {
  const api = await startOwnApi();
  const { dsn, cut } = await startProxy(api.dsn);
  const running = await startProcess(api, dsn);
  for (const breakUp of [
    cut,
    async () =>
      // Only this database: other tests have APIs on the same server.
      await api.sql(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'thedata-api @%' and datname = current_database()",
      ),
  ]) {
    const release = await holdLock(api.dsn, "organizations");
    const answer = running.ask(oneQuery);
    await vi.waitFor(
      async () =>
        expect(
          await api.sql(
            "select from pg_stat_activity where application_name like 'thedata-api @%' and wait_event_type = 'Lock' and datname = current_database()",
          ),
        ).toHaveLength(1),
      patience,
    );
    await breakUp();
    expect(await answer).toEqual({ status: 503, retryAfter: "5", type: "application/problem+json" });
    await release();
    // The next request may still get the ended connection from the pool and fail with a 503 too.
    await vi.waitFor(async () => expect((await running.ask(oneQuery)).status).toBe(404), patience);
  }
  const failures = (await running.readLog()).filter(({ msg }) => msg === "request failed");
  for (const failure of [
    { code: "CONNECTION_LOST", message: "Connection terminated unexpectedly" },
    { code: "57P01", message: expect.stringMatching(/terminating connection/) },
  ])
    expect(failures).toContainEqual(expect.objectContaining(failure));
});

test("the models are never used on another database than the one whose schema was found to fit", async () => {
  const [api, other] = [await startOwnApi(), await createDatabase(inject("postgresDsn"))];
  const readiness = watchReadiness(other, () => {});
  onTestFinished(async () => await readiness.close());
  await readiness.read();
  const orm = openDatabase(api.dsn, () => {}, readiness.identity);
  onTestFinished(async () => await orm.close());
  const query = orm.em.fork().execute("select 1");
  await expect(query).rejects.toMatchObject({
    code: "WRONG_DATABASE",
    message: expect.stringMatching(/another database/),
  });
});

/** A proxy to the server whose connections can be cut. */
async function startProxy(dsn: string): Promise<{ dsn: string; cut: () => Promise<void> }> {
  const open = new Set<Socket>();
  const { port, hostname } = new URL(dsn);
  const proxy = createServer((socket) => {
    const server = connect(Number(port), hostname);
    socket.pipe(server).pipe(socket);
    for (const end of [socket, server])
      end.on("error", () => {}).on("close", () => [socket, server].forEach((one) => one.destroy()));
    open.add(socket);
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(() => void proxy.close());
  const cut = async () => open.forEach((socket) => socket.destroy());
  const through = Object.assign(new URL(dsn), { host: `127.0.0.1:${(proxy.address() as { port: number }).port}` });
  return { dsn: through.href, cut };
}
