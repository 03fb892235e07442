import { expect, it } from "vitest";
import { startPostgres } from "../src/index.ts";
import { query, setEnvironment, startEmbedded, temporaryFolder } from "./support.ts";

it("uses a given address as it is, and leaves the server running", async () => {
  const { dsn } = await startEmbedded();
  setEnvironment({ DEV_POSTGRES: undefined, DEV_POSTGRES_DSN: dsn });
  const given = await startPostgres();
  expect(given).toMatchObject({ dsn, source: "given" });
  await given.stop();
  expect(await query(dsn, "select 1 as one")).toEqual([{ one: 1 }]);
});

it("refuses a way that it does not know, and names those that it does", async () => {
  setEnvironment({ DEV_POSTGRES: "oracle" });
  await expect(startPostgres()).rejects.toThrow(
    `DEV_POSTGRES is "oracle"; it takes given, testcontainers, embedded, installed`,
  );
});

it.each(["toString", "constructor"])("refuses %s as a way too", async (name) => {
  setEnvironment({ DEV_POSTGRES: name });
  await expect(startPostgres()).rejects.toThrow(`DEV_POSTGRES is "${name}"`);
});

it("says what is missing when the given address is asked for and not set", async () => {
  setEnvironment({ DEV_POSTGRES: "given", DEV_POSTGRES_DSN: undefined });
  await expect(startPostgres()).rejects.toThrow("DEV_POSTGRES_DSN is not set");
});

it("takes the way that the environment forces", async () => {
  setEnvironment({ DEV_POSTGRES: "embedded", DEV_POSTGRES_DSN: "postgresql://nobody@127.0.0.1:1/nowhere" });
  const server = await startPostgres();
  expect(server.source).toBe("embedded");
  await server.stop();
});

it("takes the embedded binaries where data are to stay, and says what it does", async () => {
  setEnvironment({ DEV_POSTGRES: undefined, DEV_POSTGRES_DSN: undefined });
  const told: string[] = [];
  const server = await startPostgres({ dataDir: await temporaryFolder(), onProgress: (message) => told.push(message) });
  await server.stop();
  expect(server.source).toBe("embedded");
  expect(told).toEqual(["making a new PostgreSQL cluster", expect.stringMatching(/^starting PostgreSQL on port \d+$/)]);
});

it("falls back to the embedded binaries where there is no container of that version, and says why", async () => {
  setEnvironment({
    DEV_POSTGRES: undefined,
    DEV_POSTGRES_DSN: undefined,
    DOCKER_HOST: "tcp://127.0.0.1:1",
    TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE: "/nowhere/docker.sock",
  });
  const told: string[] = [];
  // No image of PostgreSQL 15 is pulled: even where an engine answers, this version comes from the binaries.
  const server = await startPostgres({ version: 15, onProgress: (message) => told.push(message) });
  await server.stop();
  expect(server.source).toBe("embedded");
  expect(told[0]).toMatch(/^no container \(.+\), using the embedded PostgreSQL$/);
});
