import { connect as dial, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { up } from "../src/commands/up-and-down.ts";
import { contextOf, emptyDatabase, folderOf } from "./support.ts";

/** A port at which nothing listens until `open`: then it leads to the server. */
async function closedPort(dsn: string) {
  const { hostname, port } = new URL(dsn);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = dial(Number(port), hostname);
    for (const one of [client, upstream]) sockets.add(one.on("error", () => {}));
    client.pipe(upstream).pipe(client);
  });
  const listen = async (at: number) => await new Promise<void>((resolve) => server.listen(at, "127.0.0.1", resolve));
  await listen(0);
  const own = (server.address() as { port: number }).port;
  await new Promise((resolve) => server.close(resolve));
  onTestFinished(() => {
    server.close();
    for (const one of sockets) one.destroy();
  });
  return { dsn: Object.assign(new URL(dsn), { host: `127.0.0.1:${own}` }).href, open: async () => await listen(own) };
}

const folder = async () => await folderOf({ M1: { up: ["create table a (id int)"] } });

it("waits for a server that is not up yet, and says so once", async () => {
  const later = await closedPort((await emptyDatabase()).dsn);
  const context = contextOf(later.dsn, await folder(), { databaseWaitMs: 20_000 });
  const [report] = await Promise.all([up(context), sleep(1500).then(later.open)]);
  expect(report).toMatchObject({ outcome: "applied", error: null });
  const told = context.events.filter(({ type }) => type === "unreachable");
  expect(told).toEqual([{ type: "unreachable", message: expect.stringContaining("Nothing listens at 127.0.0.1") }]);
});

it("gives up when time is over", async () => {
  const never = await closedPort((await emptyDatabase()).dsn);
  const started = performance.now();
  await expect(up(contextOf(never.dsn, await folder(), { databaseWaitMs: 1200 }))).rejects.toThrow("Nothing listens");
  expect(performance.now() - started).toBeGreaterThan(1100);
});

it.each([
  [
    "a login that is refused",
    (dsn: URL) => Object.assign(dsn, { username: "nobody_of_this_name" }),
    /refuses the login/,
  ],
  [
    "a database that does not exist",
    (dsn: URL) => Object.assign(dsn, { pathname: "/no_such_database" }),
    /does not exist/,
  ],
] as const)("does not wait for %s", async (_, change, message) => {
  const { dsn } = await emptyDatabase();
  const started = performance.now();
  const context = contextOf(change(new URL(dsn)).href, await folder(), { databaseWaitMs: 30_000 });
  await expect(up(context)).rejects.toThrow(message);
  expect(performance.now() - started).toBeLessThan(10_000);
});
