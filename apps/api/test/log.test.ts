import { createDatabase } from "@thedata/dev-postgres";
import { expect, inject, test, vi } from "vitest";
import { listen } from "./processes.ts";
import { sessionSecret, startOwnApi } from "./support.ts";

type Line = Record<string, unknown>;

/** Starts the API and collects the lines of its log. */
async function startLogging(dsn: string) {
  const { child, ended, address } = await listen({ POSTGRES_DSN: dsn, SESSION_SECRET: sessionSecret });
  const chunks: string[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk.toString()));
  const lines = () =>
    chunks
      .join("")
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
  const find = async (wanted: Line, count = 1) =>
    await vi.waitFor(
      () => {
        const found = lines().filter((line) => Object.entries(wanted).every(([name, value]) => line[name] === value));
        if (found.length < count) throw new Error(chunks.join(""));
        return found;
      },
      { timeout: 120_000 },
    );
  const stop = async () => {
    child.kill("SIGTERM");
    return await ended;
  };
  return { address, find, stop };
}

test("a wrong password of the database is told in the log with user, host and code, once, before anybody asks", async () => {
  const api = await startOwnApi();
  const name = `api_${crypto.randomUUID().slice(0, 8)}`;
  await api.sql(`create role ${name} login password 'the right one'`);
  await api.sql(`grant select on all tables in schema public to ${name}`);
  const url = Object.assign(new URL(api.dsn), { username: name, password: "hunter2-do-not-show" });
  const running = await startLogging(url.href);
  const [line] = await running.find({ msg: "the database cannot be used" });
  const where = { user: name, host: url.hostname, port: Number(url.port), database: url.pathname.slice(1) };
  const message = `password authentication failed for user "${name}"`;
  expect(line).toMatchObject({ level: 50, code: "28P01", message, ...where });
  for (let i = 0; i < 3; i++) {
    const answer = await fetch(`${running.address}/v1/organizations`);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
  }
  await running.find({ code: "NOT_READY", reason: "The database cannot be reached (28P01)" }, 3);
  await api.sql(`alter role ${name} password 'hunter2-do-not-show'`);
  await vi.waitFor(async () => expect((await fetch(`${running.address}/readyz`)).status).toBe(200), {
    timeout: 120_000,
  });
  await running.find({ level: 30, msg: "ready: the schema is the one that this build expects" });
  expect(await running.find({ msg: "the database cannot be used" })).toHaveLength(1);
  const { stdout, stderr } = await running.stop();
  expect(stdout + stderr).not.toContain("hunter2");
});

test("a database without its migrations is told in the log before anybody asks", async () => {
  const running = await startLogging(await createDatabase(inject("postgresDsn")));
  const lines = await running.find({ level: 40 });
  expect(lines).toMatchObject([{ msg: expect.stringMatching(/^The schema is behind: pending Migration2024/) }]);
  await running.stop();
});

test("an address where nothing listens is told in the log with host, port and code", async () => {
  const running = await startLogging("postgresql://somebody:hunter2@127.0.0.1:1/nothing");
  const [line] = await running.find({ msg: "the database cannot be used" });
  expect(line).toMatchObject({ user: "somebody", host: "127.0.0.1", port: 1, database: "nothing" });
  expect(line).toMatchObject({ code: "ECONNREFUSED", message: "connect ECONNREFUSED 127.0.0.1:1" });
  expect((await running.stop()).stdout).not.toContain("hunter2");
});
