import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort, isTaken, occupy, type Running, start } from "./running.ts";

const databasePort = (running: Running) => Number(new URL(running.dsn()).port);

describe("npm start", () => {
  let folder: string;
  let port: number;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "start-"));
    // PostgreSQL's account must reach its data: else it would be in another folder, which nobody removes.
    await chmod(folder, 0o755);
    port = await freePort();
  });

  afterAll(async () => await rm(folder, { recursive: true, force: true }));

  const createAdmin = async (dsn: string) => {
    const child = spawn(
      process.execPath,
      ["--conditions=@thedata/source", "scripts/create-admin.ts", "--email", "ada@example.com"],
      {
        cwd: path.resolve(import.meta.dirname, "..", ".."),
        env: { ...process.env, POSTGRES_DSN: dsn },
      },
    );
    child.stdin.end("correct horse battery\n");
    return await new Promise((resolve) => child.once("exit", resolve));
  };
  const logIn = async (running: Running) => {
    const body = JSON.stringify({ email: "ada@example.com", password: "correct horse battery" });
    return (
      await running.ask("/v1/sessions", { method: "POST", headers: { "content-type": "application/json" }, body })
    ).status;
  };

  it("starts PostgreSQL, the gate and the API, says where they are, and ends all of it at Ctrl-C", async () => {
    const running = start(folder, port);
    await running.ready();
    expect(running.output()).toContain("Applied 4 migrations");
    for (const text of [`http://127.0.0.1:${port}/v1`, `http://127.0.0.1:${port}/docs`, "postgresql://"])
      expect(running.output()).toContain(text);
    expect((await running.ask("/readyz")).status).toBe(200);
    expect((await running.ask("/docs")).status).toBe(200);
    expect(await createAdmin(running.dsn())).toBe(0);
    expect(await logIn(running)).toBe(201);

    const again = start(folder, await freePort());
    expect(await again.ended).toBe(2);
    expect(again.output()).toContain("running already");
    expect((await running.ask("/readyz")).status).toBe(200);

    running.process.kill("SIGINT");
    expect(await running.ended).toBe(0);
    expect(await isTaken(port)).toBe(false);
    expect(await isTaken(databasePort(running))).toBe(false);
    expect(existsSync(path.join(folder, "dsn"))).toBe(false);
  });

  it("recovers after kill -9, with its data, and leaves nothing running behind", async () => {
    const killed = start(folder, port);
    await killed.ready();
    killed.process.kill("SIGKILL");
    await killed.ended;
    const running = start(folder, port);
    await running.ready();
    expect(running.output()).toContain("Nothing to do");
    expect(await logIn(running)).toBe(201);
    expect(databasePort(running)).toBe(databasePort(killed));
    running.process.kill("SIGTERM");
    expect(await running.ended).toBe(0);
    expect(await isTaken(databasePort(killed))).toBe(false);
  });

  it("ends with the process that started it, however that one goes", async () => {
    const running = start(folder, port);
    await running.ready();
    // As after a killed test runner: the pipe closes.
    running.process.stdio[3]?.destroy();
    expect(await running.ended).toBe(0);
    expect(await isTaken(port)).toBe(false);
    expect(await isTaken(databasePort(running))).toBe(false);
  });

  it.each([
    ["a port that is in use", async () => String(((await occupy(0)).address() as { port: number }).port), "is in use"],
    ["a port that is none", async () => "http", 'PORT is "http"'],
    ["a port beyond the last", async () => "65536", 'PORT is "65536"'],
  ])("refuses %s before it starts anything", async (_, choose, message) => {
    const running = start(path.join(folder, "unused"), 0, { PORT: await choose() });
    expect(await running.ended).toBe(2);
    expect(running.output()).toContain(message);
    expect(running.output()).not.toContain("    at ");
    expect(existsSync(path.join(folder, "unused"))).toBe(false);
  });
});
