import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyStack, docker, hasDocker, runDocker, type Stack } from "./stack.ts";

const quick = "-- migrate:up\ncreate table second ();\n-- migrate:down\ndrop table second;\n";

// As the manifests in deploy/ have it: a pod's user, no capability, nothing to write to.
const restricted = ["--user", "1000:1000", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"];
const args = [
  "up",
  "--wait",
  "--phase",
  "expand",
  "--wait-for-database",
  "300",
  "--config",
  "/project/migrator.config.js",
];

describe.skipIf(!hasDocker())("the job's pod, under its restrictions", { concurrent: false }, () => {
  let stack: Stack;
  let name = "";
  let project = "";
  let migrations = "";

  beforeAll(async () => {
    stack = await copyStack();
    await stack.must(["build", "migrate"]);
    name = `${stack.project}-pod`;
    project = await mkdtemp(path.join(tmpdir(), "pod-"));
    await chmod(project, 0o755);
    await writeFile(path.join(project, "migrator.config.js"), 'export default { migrations: "migrations" };\n');
    migrations = path.join(project, "migrations");
    await mkdir(migrations);
    await writeFile(
      path.join(migrations, "1_first.sql"),
      "-- migrate:up\ncreate table first ();\n-- migrate:down\ndrop table first;\n",
    );
    await docker("network", "create", name);
  });

  afterAll(async () => {
    const found = await Promise.all(
      [`network=${name}`, `label=pod-test=${name}`].map(
        async (filter) => await docker("ps", "--all", "--quiet", "--filter", filter),
      ),
    );
    await docker("rm", "--force", "--volumes", ...new Set(found.join("\n").split("\n").filter(Boolean)));
    await docker("network", "rm", name);
    await rm(project, { recursive: true, force: true });
    await stack?.remove();
  });

  const start = async (...more: string[]) =>
    (
      await docker(
        "run",
        "--detach",
        "--network",
        name,
        "--label",
        `pod-test=${name}`,
        ...restricted,
        "--volume",
        `${project}:/project:ro`,
        "--env",
        "POSTGRES_DSN=postgresql://postgres:secret@database/postgres",
        `${stack.project}-migrate`,
        ...args,
        ...more,
      )
    ).trim();
  const exitOf = async (container: string) => Number((await docker("wait", container)).trim());
  const logsOf = async (container: string) => {
    const { stdout, stderr } = await runDocker("logs", container);
    return stdout + stderr;
  };
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
    expect([await exitOf(container), await logsOf(container)]).toEqual([0, expect.stringContaining("1_first")]);
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
    await writeFile(path.join(migrations, "2_slow.sql"), quick);
    const next = await start("--lock-wait", "120");
    const began = Date.now();
    expect(await exitOf(next)).toBe(0);
    // The server asks a silent network for a minute.
    expect(Date.now() - began).toBeLessThan(90_000);
    expect(await sql("select string_agg(name, ' ' order by id) from mikro_orm_migrations")).toBe("1_first 2_slow");
    await docker("rm", "--force", container);
  });

  it("is run again without harm", async () => {
    expect(await exitOf(await start())).toBe(0);
    expect(await sql("select count(*) from mikro_orm_migrations_audit where action = 'applied'")).toBe("2");
  });
});
