import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyStack, docker, hasDocker, type Stack } from "./stack.ts";

// As the manifests in deploy/ have it: a pod's user, no capability, nothing to write to.
const restricted = ["--user", "1000:1000", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"];
const args = ["up", "--wait", "--phase", "expand", "--wait-for-database", "300", "--migrations", "/migrations"];

describe.skipIf(!hasDocker())("the job's pod, under its restrictions", { concurrent: false }, () => {
  let stack: Stack;
  let name = "";
  let migrations = "";

  beforeAll(async () => {
    stack = await copyStack();
    await stack.must(["build", "migrate"]);
    name = `${stack.project}-pod`;
    migrations = await mkdtemp(path.join(tmpdir(), "pod-"));
    await writeFile(
      path.join(migrations, "1_first.sql"),
      "-- migrate:up\ncreate table first ();\n-- migrate:down\ndrop table first;\n",
    );
    await docker("network", "create", name);
  });

  afterAll(async () => {
    const containers = (await docker("ps", "--all", "--quiet", "--filter", `network=${name}`))
      .split("\n")
      .filter(Boolean);
    const others = (await docker("ps", "--all", "--quiet", "--filter", `label=pod-test=${name}`))
      .split("\n")
      .filter(Boolean);
    await docker("rm", "--force", "--volumes", ...containers, ...others);
    await docker("network", "rm", name);
    await rm(migrations, { recursive: true, force: true });
    await stack?.remove();
  });

  const start = async (...more: string[]) =>
    (
      await docker(
        ...["run", "--detach", "--network", name, "--label", `pod-test=${name}`, ...restricted],
        ...[
          "--volume",
          `${migrations}:/migrations:ro`,
          "--env",
          "POSTGRES_DSN=postgresql://postgres:secret@database/postgres",
        ],
        ...[`${stack.project}-migrate`, ...args, ...more],
      )
    ).trim();
  const exitOf = async (container: string) => Number((await docker("wait", container)).trim());
  const sql = async (text: string) =>
    (await docker("exec", `${name}-database`, "psql", "-U", "postgres", "-Atc", text)).trim();
  const locks = async () => Number(await sql("select count(*) from pg_locks where locktype = 'advisory'"));
  const secondsUntil = async (done: () => Promise<boolean>) => {
    const began = Date.now();
    await expect.poll(done, { timeout: 120_000, interval: 100 }).toBe(true);
    return (Date.now() - began) / 1000;
  };
  const addSlow = async () =>
    await writeFile(
      path.join(migrations, "2_slow.sql"),
      "-- migrate:up\nselect pg_sleep(600);\n-- migrate:down\nselect 1;\n",
    );
  const beginSlow = async () => {
    await addSlow();
    const container = await start();
    await secondsUntil(
      async () => (await sql("select count(*) from pg_stat_activity where query ~ '^select pg_sleep'")) === "1",
    );
    return container;
  };

  it("waits for a database that is not up yet, and applies", async () => {
    const container = await start();
    await docker(
      "run",
      "--detach",
      "--name",
      `${name}-database`,
      "--network",
      name,
      "--network-alias",
      "database",
      "--env",
      "POSTGRES_PASSWORD=secret",
      "postgres:18",
    );
    expect(await exitOf(container)).toBe(0);
    expect(await docker("logs", container)).toContain("1_first");
  });

  it("ends within five seconds of SIGTERM, with nothing half done", async () => {
    const container = await beginSlow();
    const began = Date.now();
    await docker("kill", "--signal", "TERM", container);
    expect(await exitOf(container)).toBe(143);
    expect(Date.now() - began).toBeLessThan(5000);
    expect([await locks(), await sql("select string_agg(name, ' ') from mikro_orm_migrations")]).toEqual([
      0,
      "1_first",
    ]);
  });

  it("frees the lock within ten seconds of SIGKILL", async () => {
    const container = await beginSlow();
    await docker("kill", "--signal", "KILL", container);
    expect(await secondsUntil(async () => (await locks()) === 0)).toBeLessThan(10);
  });

  it("frees the lock where its network is cut, and the next pod goes on", async () => {
    const container = await beginSlow();
    await docker("network", "disconnect", "--force", name, container);
    await rm(path.join(migrations, "2_slow.sql"));
    await mkdir(migrations, { recursive: true });
    const next = await start("--lock-wait", "120");
    const seconds = await secondsUntil(
      async () =>
        (await locks()) === 0 || (await docker("inspect", "--format", "{{.State.Running}}", next)).trim() === "false",
    );
    expect(seconds).toBeLessThan(90);
    expect(await exitOf(next)).toBe(0);
    await docker("rm", "--force", container);
  });

  it("is run again without harm", async () => {
    expect(await exitOf(await start())).toBe(0);
    expect(await sql("select count(*) from mikro_orm_migrations_audit where action = 'applied'")).toBe("1");
  });
});
