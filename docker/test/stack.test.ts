import { appendFile, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addColumn, addFailing, author } from "./authoring.ts";
import { copyStack, docker, hasDocker, readSecrets, type Stack } from "./stack.ts";

const isThere = hasDocker();
const head = "Migration20240218000200_update_organizations_001";

it("finds a Docker engine where one is required", () => {
  expect(isThere || process.env["REQUIRE_DOCKER"] !== "1").toBe(true);
});

// The tests share one stack: each depends on the one before.
describe.skipIf(!isThere)("the stack", { concurrent: false }, () => {
  let stack: Stack;
  let broken = "";

  beforeAll(async () => {
    stack = await copyStack();
    await stack.must(["build"]);
  });

  afterAll(async () => await stack?.remove());

  const status = async () =>
    JSON.parse(await stack.must(["run", "--rm", "-T", "migrate", "status", "--json"])) as {
      state: string;
      head: string | null;
      pending: unknown[];
    };
  const inspect = async (service: string) => {
    const [row] = (await stack.must(["ps", "--all", "--format", "json", service])).trim().split("\n");
    return JSON.parse(row ?? "{}") as { ID: string; State: string; Health: string; ExitCode: number };
  };
  const readiness = async () => (await stack.ask("/readyz")).status;

  it("builds images without a compiler, TypeScript or the other target's code, for a user that is not root", async () => {
    const look = `id -u; ls -d apps/* packages/* 2>/dev/null; ls packages/*/dist/*.json packages/*/dist/*/*.json 2>/dev/null; find . -name tsc -o -name '*.ts' -not -name '*.d.ts' -not -path '*/node_modules/*'; find . -name 'Migration2*.js' | wc -l`;
    const inside = async (service: string) =>
      (await stack.must(["run", "--quiet-build", "--rm", "-T", "--no-deps", "--entrypoint", "sh", service, "-c", look]))
        .trim()
        .split("\n");
    const library = ["packages/catalog", "packages/migrations", "packages/migrator"];
    const verdicts = ["manifest", "verdicts"].map((name) => `packages/migrations/dist/migrations/${name}.json`);
    const frozen = "packages/migrations/dist/releases/models@0.1.0.json";
    expect(await inside("migrate")).toEqual(["1000", ...library, "packages/migrator-cli", ...verdicts, frozen, "4"]);
    const own = ["packages/models", "packages/releases"];
    const contract = "packages/models/dist/contract.json";
    expect(await inside("api")).toEqual(["1000", "apps/api", ...library, ...own, ...verdicts, contract, "0"]);
  });

  it("starts from nothing: PostgreSQL, then the migrations, then the API", async () => {
    await stack.must(["up", "--detach", "--wait"]).catch(async (error: Error) => {
      // In some versions of Compose, `--wait` fails because the one-shot service has ended.
      if ((await inspect("migrate")).ExitCode !== 0) throw error;
    });
    await expect.poll(readiness, { timeout: 60_000 }).toBe(200);
    expect(await inspect("migrate")).toMatchObject({ State: "exited", ExitCode: 0 });
    expect(await stack.must(["logs", "migrate"])).toContain("Applied 4 migrations");
    expect(await status()).toMatchObject({ state: "current", head, pending: [] });
    await expect.poll(async () => (await inspect("api")).Health, { timeout: 60_000 }).toBe("healthy");
  });

  it("locks the containers down and publishes no database port", async () => {
    const config = JSON.parse(await stack.must(["config", "--format", "json"])) as {
      services: Record<string, { ports?: unknown; read_only: boolean; cap_drop: string[] }>;
    };
    const running = ["postgres", "migrate", "api"].map((name) => config.services[name]);
    for (const service of running) expect(service).toMatchObject({ read_only: true, cap_drop: ["ALL"] });
    expect(config.services["postgres"]?.ports).toBeUndefined();
    const write = await stack.compose(["exec", "-T", "api", "sh", "-c", "echo x > /app/x"]);
    expect(write.code).not.toBe(0);
  });

  it("shows no secret in its configuration nor in what Docker tells of its containers", async () => {
    const secrets = await readSecrets(stack);
    const containers = (await stack.must(["ps", "--all", "--quiet"])).trim().split("\n");
    const shown = [
      await stack.must(["config"]),
      await stack.must(["config", "--format", "json"]),
      await docker("inspect", ...containers),
      await stack.must(["exec", "-T", "api", "env"]),
    ].join("\n");
    expect(containers).toHaveLength(4);
    for (const secret of secrets) expect(shown).not.toContain(secret);
    const files = async (service: string) =>
      (await stack.must(["exec", "-T", service, "ls", "/run/secrets"])).trim().split("\n");
    expect(await files("api")).toEqual(["api_password", "session_secret"]);
    expect(await files("postgres")).toEqual(["api_password", "migrate_password", "postgres_password"]);
  });

  it("gives the API a role that reads and writes rows and nothing else", async () => {
    expect(
      (
        await stack.sql(
          "thedata_api",
          "insert into organizations (name, slug) values ('A', 'a'); delete from organizations;",
        )
      ).code,
    ).toBe(0);
    expect((await stack.sql("thedata_api", "create table mine (id int);")).stderr).toContain("permission denied");
    expect((await stack.sql("thedata_api", "drop table organizations;")).stderr).toContain("must be owner");
    expect((await stack.sql("thedata_api", "delete from mikro_orm_migrations;")).stderr).toContain("permission denied");
    expect((await stack.sql("thedata_api", "select count(*) from mikro_orm_migrations;")).stdout.trim()).toBe("4");
    expect((await stack.sql("thedata_owner", "create role somebody;")).stderr).toContain("permission denied");
  });

  it("makes the first administrator, who logs in", async () => {
    await stack.must(
      ["exec", "-T", "api", "node", "apps/api/dist/create-admin.js", "--email", "ada@example.com"],
      "correct horse battery\n",
    );
    const session = await stack.ask("/v1/sessions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email: "ada@example.com", password: "correct horse battery" }),
    });
    expect(session.status).toBe(201);
    const { token } = (await session.json()) as { token: string };
    const users = await stack.ask("/v1/users", { headers: { authorization: `Bearer ${token}` } });
    expect(users.status).toBe(200);
  });

  it("runs the manual commands, and the API is ready only at its head", async () => {
    expect(await stack.must(["run", "--rm", "-T", "migrate", "history"])).toContain(head);
    // The API is connected, and does not work on the schema before its own.
    const refused = await stack.compose(["run", "--rm", "-T", "migrate", "down"]);
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining("does not work on the schema after") });
    expect(await readiness()).toBe(200);
    const models = await readFile(path.join(stack.folder, "packages/models/package.json"), "utf8");
    const { version } = JSON.parse(models) as { version: string };
    const down = ["run", "--rm", "-T", "migrate", "down", "--disregard", version];
    expect(await stack.must(down)).toContain("Reverted 1 migration");
    await expect.poll(readiness, { timeout: 30_000 }).toBe(503);
    expect(await stack.must([...down, "--to", "initial_schema"])).toContain("Reverted 2 migrations");
    expect(await stack.must(["run", "--rm", "-T", "migrate", "up", "--to", "add_user_roles"])).toContain(
      "Applied 2 migrations",
    );
    expect(await stack.must(["run", "--rm", "-T", "migrate"])).toContain("Applied 1 migration");
    await expect.poll(readiness, { timeout: 30_000 }).toBe(200);
    expect((await stack.compose(["run", "--rm", "-T", "migrate", "up", "--to", "nowhere"])).code).toBe(2);
  });

  it("upgrades a running stack with a fifth migration", async () => {
    await addColumn(stack, "pipeline", "note");
    await author(stack, "check", "--fix");
    await stack.must(["up", "--detach"]);
    await expect.poll(readiness, { timeout: 60_000 }).toBe(200);
    expect(await stack.must(["logs", "migrate"])).toContain("Applied 1 migration");
    expect((await stack.sql("thedata_api", "select count(note) from pipelines;")).stdout.trim()).toBe("0");
    expect((await stack.sql("thedata_owner", "select count(*) from users;")).stdout.trim()).toBe("1");
  });

  it("leaves the API as it is over a broken migration, starts none, and says why in the logs", async () => {
    broken = await addFailing(stack, "break_things", "ada@example.com");
    const { code, stderr } = await stack.compose(["up", "--detach"]);
    expect(code).not.toBe(0);
    expect(stderr).toContain('service "migrate" didn\'t complete successfully: exit 5');
    const logs = await stack.must(["logs", "migrate"]);
    expect(logs).toContain("division by zero");
    expect(logs).toContain("select 1 / (select count(*) - 1 from users");
    expect(await readiness()).toBe(200);
    await stack.must(["rm", "--force", "--stop", "api"]);
    const again = await stack.compose(["up", "--detach"]);
    expect(again.code).not.toBe(0);
    expect(again.stderr).toContain('service "migrate" didn\'t complete successfully: exit 5');
    expect((await inspect("api")).State).not.toBe("running");
  });

  it("goes on as soon as the migration is put right", async () => {
    await rm(broken);
    await author(stack, "check", "--fix");
    await stack.must(["up", "--detach"]);
    await expect.poll(readiness, { timeout: 60_000 }).toBe(200);
  });

  it("keeps the data when it goes down and comes up again", async () => {
    await stack.must(["down"]);
    await stack.must(["up", "--detach"]);
    await expect.poll(readiness, { timeout: 60_000 }).toBe(200);
    expect(await stack.must(["logs", "migrate"])).toContain("Nothing to do");
    expect((await stack.sql("thedata_owner", "select email from users;")).stdout.trim()).toBe("ada@example.com");
  });

  it("starts the API anew with the values that .env has now, and says what is wrong with them", async () => {
    const file = path.join(stack.folder, ".env");
    const before = await readFile(file, "utf8");
    await writeFile(file, before.replace(/^API_PASSWORD=.*$/m, "API_PASSWORD=not-the-one-of-the-volume"));
    await stack.must(["up", "--detach"]);
    await expect.poll(async () => await stack.must(["logs", "api"]), { timeout: 60_000 }).toContain('"code":"28P01"');
    const line = (await stack.must(["logs", "--no-log-prefix", "api"]))
      .split("\n")
      .find((one) => one.includes("28P01"));
    expect(JSON.parse(line ?? "")).toMatchObject({
      user: "thedata_api",
      host: "postgres",
      message: 'password authentication failed for user "thedata_api"',
    });
    expect(line).not.toContain("not-the-one-of-the-volume");
    await writeFile(file, before);
    await stack.must(["up", "--detach"]);
    await expect.poll(readiness, { timeout: 60_000 }).toBe(200);
  });

  it("keeps a value that .env no longer gives", async () => {
    const file = path.join(stack.folder, ".env");
    const before = await readFile(file, "utf8");
    for (const line of ["", "SESSION_SECRET="]) {
      await writeFile(file, before.replace(/^SESSION_SECRET=.*$/m, line));
      await stack.must(["up", "--detach", "--wait", "api"]);
      expect(await stack.must(["exec", "-T", "api", "cat", "/run/secrets/session_secret"])).toBe(
        /^SESSION_SECRET=(.*)$/m.exec(before)?.[1],
      );
    }
    await writeFile(file, before);
  });

  it("puts no password into an image or a log", async () => {
    const secrets = await readSecrets(stack);
    const logs = await stack.must(["logs"]);
    const look = 'grep -rlF "$SECRET" /app /home /etc 2>/dev/null';
    for (const secret of secrets) {
      const parameters = [
        "run",
        "--quiet-build",
        "--rm",
        "-T",
        "--no-deps",
        "-e",
        `SECRET=${secret}`,
        "--entrypoint",
        "sh",
      ];
      const found = await Promise.all(
        ["migrate", "api"].map(async (service) => (await stack.compose([...parameters, service, "-c", look])).stdout),
      );
      expect([logs.includes(secret), ...found]).toEqual([false, "", ""]);
    }
  });
});

describe.skipIf(!isThere)("docker compose up on a clean clone, with nothing filled in", () => {
  let stack: Stack;
  beforeAll(async () => (stack = await copyStack({ bare: true })));
  afterAll(async () => await stack.remove());

  const read = async (service: string, name: string) =>
    await stack.must(["exec", "-T", service, "cat", `/run/secrets/${name}`]);

  it("makes what is missing at random, keeps it, prints it nowhere, and gives way to values of one's own", async () => {
    await stack.must(["up", "--detach", "--wait", "api"]);
    expect((await stack.ask("/readyz")).status).toBe(200);
    const made = [
      await read("postgres", "postgres_password"),
      await read("postgres", "migrate_password"),
      await read("api", "api_password"),
      await read("api", "session_secret"),
    ];
    expect(new Set(made).size).toBe(4);
    for (const value of made) expect(value).toMatch(/^[\w+/]{48}$/);
    const shown = [await stack.must(["logs"]), await stack.must(["config"])].join();
    expect(made.filter((value) => shown.includes(value))).toEqual([]);
    await stack.must(["down"]);
    await stack.must(["up", "--detach", "--wait", "api"]);
    expect(await read("api", "session_secret")).toBe(made[3]);
    const own = "a secret of one's own that is long enough";
    await appendFile(path.join(stack.folder, ".env"), `SESSION_SECRET="${own}"\n`);
    await stack.must(["up", "--detach"]);
    await expect.poll(async () => await read("api", "session_secret"), { timeout: 60_000 }).toBe(own);
  });
});
