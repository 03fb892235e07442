import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { createProxy } from "../proxy.ts";

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An instance that gives this readiness, and this answer to everything else. */
async function instance(isReady: () => boolean, answer: RequestListener): Promise<string> {
  return await listen(
    createServer((request, response) => {
      if (request.url === "/readyz") response.writeHead(isReady() ? 200 : 503).end();
      else answer(request, response);
    }),
  );
}

const says =
  (text: string): RequestListener =>
  (_, response) =>
    void response.end(text);
const breaksOff: RequestListener = (request) => void request.socket.destroy();

async function proxyOf(...instances: readonly string[]) {
  const address = await listen(createProxy(async () => instances));
  const ask = async (init?: RequestInit) => await fetch(`http://${address}/`, init);
  const text = async (init?: RequestInit) => await (await ask(init)).text();
  return { address, ask, text };
}

it("takes turns among the instances that are ready", async () => {
  let isReady = false;
  const { ask, text } = await proxyOf(await instance(() => true, says("a")), await instance(() => isReady, says("b")));
  expect((await ask()).status).toBe(503);
  await expect.poll(text).toBe("a");
  expect([await text(), await text()]).toEqual(["a", "a"]);
  isReady = true;
  await expect.poll(text).toBe("b");
  expect([await text(), await text()].toSorted()).toEqual(["a", "b"]);
});

it("is ready while one instance is", async () => {
  let isReady = true;
  const { address } = await proxyOf(await instance(() => isReady, says("a")));
  const readiness = async () => (await fetch(`http://${address}/readyz`)).status;
  await expect.poll(readiness).toBe(200);
  isReady = false;
  await expect.poll(readiness).toBe(503);
});

it("gives a GET that an instance does not answer to another one, and a POST to nobody", async () => {
  const posted: string[] = [];
  const { ask, text } = await proxyOf(
    await instance(() => true, breaksOff),
    await instance(
      () => true,
      ({ method }, response) => {
        posted.push(method ?? "");
        response.end("b");
      },
    ),
  );
  await expect.poll(text).toBe("b");
  for (let count = 0; count < 4; count++) expect(await text()).toBe("b");
  const statuses = [
    (await ask({ method: "POST", body: "x" })).status,
    (await ask({ method: "POST", body: "x" })).status,
  ];
  expect(statuses.toSorted()).toEqual([200, 502]);
  expect(posted.filter((method) => method === "POST")).toHaveLength(1);
});

it("passes the body and the headers, and says itself where a request comes from", async () => {
  const { ask, text } = await proxyOf(
    await instance(
      () => true,
      (request, response) => {
        response.setHeader("x-seen", `${request.headers["x-forwarded-for"]} ${request.headers["x-own"]}`);
        request.pipe(response);
      },
    ),
  );
  await expect.poll(async () => (await ask()).status).toBe(200);
  const headers = { "x-forwarded-for": "10.9.9.9", "x-own": "kept" };
  const answer = await ask({ method: "POST", body: "a".repeat(1_000_000), headers });
  expect(answer.headers.get("x-seen")).toMatch(/^(::ffff:)?127\.0\.0\.1 kept$/);
  expect(await answer.text()).toHaveLength(1_000_000);
  expect(await text()).toBe("");
});

it("sends a request with a body to another instance where the first has gone", async () => {
  const gone = await instance(() => true, says("gone"));
  const first = servers.at(-1);
  const { text } = await proxyOf(
    gone,
    await instance(
      () => true,
      (request, response) => void request.pipe(response),
    ),
  );
  await expect.poll(text).toBe("gone");
  first?.close();
  first?.closeAllConnections();
  const answers = await Promise.all([1, 2, 3, 4].map(async () => await text({ method: "POST", body: "kept" })));
  expect(answers).toEqual(["kept", "kept", "kept", "kept"]);
});
