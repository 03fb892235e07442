import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test, vi } from "vitest";
import { listen } from "./processes.ts";
import { sessionSecret, startOwnApi } from "./support.ts";

/** Sends `start`, then a byte every 100 ms as long as possible; gives the whole answer once the connection ends. */
async function trickle(address: string, start: string): Promise<string> {
  const socket = connect(Number(new URL(address).port), "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(start);
  const timer = setInterval(() => socket.write("x"), 100);
  onTestFinished(() => void socket.destroy());
  // The test may end first.
  return await text(socket)
    .catch((error: Error) => error.message)
    .finally(() => clearInterval(timer));
}

const headers = "content-type: application/json\r\ncontent-length: 100000";
const slow = {
  "a body": (path: string) => `POST ${path} HTTP/1.1\r\nhost: x\r\n${headers}\r\n\r\n{"email": "`,
  "its headers": (path: string) => `POST ${path} HTTP/1.1\r\nhost: x\r\nx-slow: `,
  "a body that nobody reads": () => `POST /v1/nothing HTTP/1.1\r\nhost: x\r\n${headers}\r\n\r\n{`,
};

test("a request that comes in a byte at a time is ended with 408 when its time is over", async () => {
  const api = await startOwnApi();
  const env = { POSTGRES_DSN: api.dsn, SESSION_SECRET: sessionSecret, REQUEST_TIMEOUT: "1" };
  const { child, ended, address } = await listen(env);
  const answers = await Promise.all(
    Object.values(slow).map(async (start) => await trickle(address, start("/v1/sessions"))),
  );
  for (const answer of answers) {
    expect(answer).toMatch(/HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(answer).toMatch(/content-type: application\/problem\+json\r\n/);
    expect(answer).toContain('"status":408,"detail":"The request did not arrive completely in time"');
  }
  expect((await fetch(`${address}/readyz`)).status).toBe(200);
  child.kill("SIGTERM");
  expect((await ended).code).toBe(0);
});

test("what is no HTTP is answered with a problem document", async () => {
  const api = await startOwnApi();
  const address = await api.app.listen({ host: "127.0.0.1", port: 0 });
  expect(await trickle(address, "hello there\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n.*problem\+json/s);
  const big = await trickle(address, `GET / HTTP/1.1\r\nhost: x\r\nx-big: ${"x".repeat(20_000)}\r\n\r\n`);
  expect(big).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n.*problem\+json/s);
});

test("requests that wait for their bodies take no place from others", async () => {
  const api = await startOwnApi({ maxRequests: 3, requestTimeout: 3600 });
  const administrator = await api.administrator();
  const address = await api.app.listen({ host: "127.0.0.1", port: 0 });
  const waiting: string[] = [];
  for (let i = 0; i < 3; i++) {
    const came = once(api.app.server, "request");
    void trickle(address, slow["a body"]("/v1/sessions")).then((answer) => waiting.push(answer));
    await came;
  }
  // In the gate each holds a place until it is done.
  await vi.waitFor(
    async () => {
      const answers = Array.from({ length: 3 }, async () => await api.call("GET", "/v1/roles", { as: administrator }));
      expect((await Promise.all(answers)).map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
    },
    { timeout: 120_000 },
  );
  expect(waiting).toEqual([]);
});
