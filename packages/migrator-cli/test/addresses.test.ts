import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { emptyDatabase, folderOf, run, temporaryFolder, twoTables } from "./support.ts";

/** A project's files: two migrations in the folder `migrations`, and a configuration. */
const filesWith = (configuration: Record<string, string>) => ({
  ...Object.fromEntries(Object.entries(twoTables).map(([name, text]) => [`migrations/${name}`, text])),
  ...configuration,
});

/** Runs `status` with this environment and configuration; DSN in `config` stands for the test's database. */
async function ask(env: (dsn: URL) => Record<string, string> | Promise<Record<string, string>>, config = "{}") {
  const { dsn } = await emptyDatabase();
  const folder = await folderOf(filesWith({ "migrator.config.mjs": `export default ${config.replace("DSN", dsn)};` }));
  const migrations = path.join(folder, "migrations");
  const given = await env(new URL(dsn));
  return await run(["status", "--json", "--migrations", migrations], { cwd: folder, env: given });
}

const parts = ({ hostname, port, username, pathname }: URL) => ({
  PGHOST: hostname,
  PGPORT: port,
  PGUSER: username,
  PGDATABASE: pathname.slice(1),
});
const nowhere = { PGHOST: "127.0.0.1", PGPORT: "1", PGDATABASE: "nowhere" };

describe("the database", () => {
  it.each([
    ["DATABASE_URL", (dsn: URL) => ({ DATABASE_URL: dsn.href })],
    ["DATABASE_URL as Prisma writes it", (dsn: URL) => ({ DATABASE_URL: `${dsn.href}?schema=public` })],
    ["PGHOST and the like", (dsn: URL) => ({ ...parts(dsn), PGPASSWORD: dsn.password, PGSSLMODE: "disable" })],
    [
      "the password by MIGRATOR_PASSWORD_COMMAND",
      (dsn: URL) => ({ ...parts(dsn), MIGRATOR_PASSWORD_COMMAND: `echo '${decodeURIComponent(dsn.password)}'` }),
    ],
    [
      "the password in PGPASSFILE",
      async (dsn: URL) => {
        const file = path.join(await temporaryFolder(), "pgpass");
        await writeFile(file, `${dsn.hostname}:*:*:${dsn.username}:${dsn.password}\n`);
        await chmod(file, 0o600);
        return { ...parts(dsn), PGPASSFILE: file };
      },
    ],
    ["DATABASE_URL before PGHOST", (dsn: URL) => ({ ...nowhere, DATABASE_URL: dsn.href })],
    [
      "POSTGRES_DSN before DATABASE_URL",
      (dsn: URL) => ({ DATABASE_URL: "postgresql://127.0.0.1:1/nowhere", POSTGRES_DSN: dsn.href }),
    ],
  ])("is found by %s", async (_, env) => {
    const { code, stdout, stderr } = await ask(env);
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout).state).toBe("empty");
  });

  it("of the configuration is nearer than libpq's environment, and farther than DATABASE_URL", async () => {
    const config = `{ dsn: "DSN" }`;
    expect((await ask(() => nowhere, config)).code).toBe(0);
    expect((await ask(() => ({ DATABASE_URL: "postgresql://127.0.0.1:1/nowhere" }), config)).code).toBe(2);
  });

  it.each([
    ["DATABASE_URL", { DATABASE_URL: "mysql://localhost/x" }, "DATABASE_URL is not a connection string"],
    ["PGPORT", { PGHOST: "localhost", PGPORT: "many" }, 'PGPORT is "many": it takes a port number'],
    ["PGSSLMODE", { ...nowhere, PGSSLMODE: "bogus" }, "bogus"],
  ])("is refused where %s makes no sense", async (_, env, says) => {
    const { code, stderr } = await ask(() => env);
    expect(code).toBe(2);
    expect(stderr).toContain(says);
  });
});

describe("MikroORM's own connection", () => {
  const models = (options: string) => `{ models: () => (${options}) }`;

  it.each([
    ["a connection string", (dsn: URL) => `{ clientUrl: "${dsn.href}" }`],
    [
      "a connection string without its database",
      (dsn: URL) =>
        `{ clientUrl: "postgresql://${dsn.username}:${dsn.password}@${dsn.host}", dbName: "${dsn.pathname.slice(1)}" }`,
    ],
    [
      "parts",
      (dsn: URL) =>
        `{ host: "${dsn.hostname}", port: ${dsn.port}, user: "${dsn.username}", password: "${dsn.password}", dbName: "${dsn.pathname.slice(1)}" }`,
    ],
  ])("counts where nothing nearer names a database: %s", async (_, options) => {
    const { dsn } = await emptyDatabase();
    const config = `export default ${models(options(new URL(dsn)))};`;
    const folder = await folderOf(filesWith({ "migrator.config.mjs": config }));
    const args = ["status", "--json", "--migrations", path.join(folder, "migrations")];
    expect(JSON.parse((await run(args, { cwd: folder, env: nowhere })).stdout).state).toBe("empty");
    const elsewhere = { DATABASE_URL: "postgresql://127.0.0.1:1/nowhere" };
    expect((await run(args, { cwd: folder, env: elsewhere })).code).toBe(2);
  });

  it("that is none is refused by its name", async () => {
    const { code, stderr } = await ask(() => ({}), models(`{ clientUrl: "localhost" }`));
    expect([code, stderr]).toEqual([2, expect.stringContaining("the connection in MikroORM's configuration is not a")]);
  });
});

describe("the configuration", () => {
  it.each(["ts", "mts", "js", "mjs", "cjs"])("may be migrator.config.%s", async (ending) => {
    const { dsn } = await emptyDatabase();
    const text = `{ migrations: "migrations", dsn: "${dsn}" };\n`;
    const folder = await folderOf(
      filesWith({
        [`migrator.config.${ending}`]: ending === "cjs" ? `module.exports = ${text}` : `export default ${text}`,
        "package.json": `{ "type": "module" }`,
      }),
    );
    expect((await run(["status"], { cwd: folder })).code).toBe(0);
  });
});

describe("the password command", () => {
  it.each([
    ["fails", "echo s3cret; exit 7", "MIGRATOR_PASSWORD_COMMAND failed (exit code 7)"],
    ["prints nothing", "true", "MIGRATOR_PASSWORD_COMMAND printed nothing"],
    ["gives a wrong one", "echo s3cret", "refuses the login"],
  ])("that %s is named, and what it printed is not", async (_, command, message) => {
    const { code, stdout, stderr } = await ask((dsn) => ({ ...parts(dsn), MIGRATOR_PASSWORD_COMMAND: command }));
    expect(code).toBe(2);
    expect(stdout + stderr).toContain(message);
    expect(stdout + stderr).not.toContain("s3cret");
  });

  it("may be a function of the configuration", async () => {
    const env = (dsn: URL) => parts(dsn);
    const { code, stdout } = await ask(env, `{ password: async () => decodeURIComponent(new URL("DSN").password) }`);
    expect([code, stdout]).toEqual([0, expect.stringContaining("Migration20240102000000_b")]);
  });
});
