import { open, rm } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { first, folderOf, migration, project, run, runJson, second, start, twoTables, until } from "./support.ts";

const commands = ["up", "down", "status", "wait", "history", "create", "check", "erd"];
const broken = { ...twoTables, "Migration20240103000000_c.ts": migration("Migration20240103000000_c", "select 1/0") };
const checksum = expect.stringMatching(/^[0-9a-f]{64}$/);
const durationMs = expect.any(Number);
const appliedAt = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);

describe("what cannot be printed", () => {
  it.each(["up", "status", "history"])("of %s is told by the exit code", async (command) => {
    const { args } = await project();
    await run(["up", ...args]);
    const full = await open("/dev/full", "w");
    const { code } = await run([command, ...args], { stdout: full.fd }).finally(async () => await full.close());
    expect(code).toBe(1);
  });
});

describe("what a migration or a configuration prints", () => {
  const noise = (where: string) => `console.log("drop ${where}");
console.info("drop ${where}");
process.stdout.write("drop ${where}\\n");
`;
  const noisy = `import { Migration } from "@mikro-orm/migrations";
import { stdout } from "node:process";
stdout.write("drop import\\n");
${noise("top")}
export class Migration1_x extends Migration {
  async up() { ${noise("up")} this.addSql("create table a (id int)"); }
  async down() { ${noise("down")} this.addSql("drop table a"); }
}
`;
  const config = `${noise("config")}
export default { dsn() { ${noise("dsn")} return process.env.POSTGRES_DSN || undefined; } };
`;

  const read = ["config", "import", "top", "up"];

  it.each([
    ["sql", read],
    ["sql --down", read],
    ["sql --json", read],
    ["up --dry-run", read],
    ["up --json", read],
    ["up --log-format json", read],
    ["status --json", read],
    ["erd --format mermaid", read],
    ["verify --markdown", read],
    ["create other --blank --dry-run", ["config", "dsn"]],
  ])("stands on standard error beside %s", async (command, places) => {
    const { folder, dsn } = await project({ "Migration1_x.ts": noisy });
    const cwd = await folderOf({ "migrator.config.ts": config });
    // With a manifest, the state depends on what the migrations contain.
    await run(["check", "--fix", "--migrations", folder], { cwd });
    const args = [...command.split(" "), "--migrations", folder];
    const { code, stdout, stderr } = await run(args, { cwd, env: { POSTGRES_DSN: places === read ? dsn : "" } });
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/drop (?!table)/);
    expect(places.filter((place) => stderr.includes(`drop ${place}\n`))).toEqual(places);
  });
});

describe("the SQL of a migration that computes its statements", () => {
  it("is announced as missing when the script is made", async () => {
    const computes = migration("Migration1_x", "select 1").replace("this.addSql(", "await this.execute(");
    const { folder } = await project({ "Migration1_x.ts": computes, ...twoTables });
    const people = await run(["sql", "--migrations", folder]);
    expect(people).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("Migration1_x computes its SQL at run time"),
    });
    expect(people.stdout).toContain("raise exception");
    const programs = await runJson(["sql", "--migrations", folder]);
    expect(programs.document).toEqual({ sql: people.stdout, computed: ["Migration1_x"] });
    expect((await run(["sql", "--down", "--migrations", folder])).stderr).toBe("");
  });
});

describe("a way of TLS", () => {
  it("of an address is followed without a word of the driver's", async () => {
    const { args, dsn } = await project();
    const withMode = args.map((argument) => (argument === dsn ? `${dsn}?sslmode=prefer` : argument));
    expect(await runJson(["up", ...withMode])).toMatchObject({ code: 0, stderr: "", document: { outcome: "applied" } });
  });
});

describe("a cache that cannot be", () => {
  it.each(["/proc/nope", "/dev/null/nope"])("at %j is none", async (folder) => {
    const { args } = await project();
    const env = { MIGRATOR_CACHE: folder };
    for (const outcome of ["applied", "nothing"])
      expect(await runJson(["up", ...args], { env })).toMatchObject({ code: 0, stderr: "", document: { outcome } });
  });
});

describe("help", () => {
  it.each(commands)("of %s has examples that begin with it, and the options of every command", async (command) => {
    const { code, stdout, stderr } = await run([command, "--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(new RegExp(`Examples:\\n  \\$ migrator ${command}`));
    for (const option of [
      "--config",
      "--migrations",
      "--dsn",
      "--json",
      "--quiet",
      "--no-color",
      "--help",
      "--version",
    ])
      expect(stdout).toContain(option);
  });

  it("of the whole lists every command", async () => {
    const { code, stdout } = await run(["--help"]);
    expect(code).toBe(0);
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, "m"));
  });

  it("stands on standard error, with exit code 2, when no command is named", async () => {
    const { code, stdout, stderr } = await run([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("Usage: migrator");
  });

  it("says the version", async () => {
    expect(await run(["--version"])).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\S*\n$/),
      stderr: "",
    });
  });
});

describe("a JSON document", () => {
  it("of up and down has the steps, the problems and the error", async () => {
    const { args } = await project();
    const steps = [first, second].map((name) => ({ name, result: "applied", durationMs, statements: 1 }));
    const none = { problems: [], error: null };
    expect(await runJson(["up", ...args])).toMatchObject({ code: 0, stderr: "", document: { outcome: "applied" } });
    expect((await runJson(["up", ...args])).document).toEqual({ outcome: "nothing", steps: [], ...none });
    expect((await runJson(["down", "--all", ...args])).document).toEqual({
      outcome: "reverted",
      steps: steps.toReversed().map((step) => ({ ...step, result: "reverted" })),
      ...none,
    });
    expect((await runJson(["up", ...args])).document).toEqual({ outcome: "applied", steps, ...none });
  });

  it("of a dry run has the SQL too", async () => {
    const { args } = await project();
    expect((await runJson(["up", "--dry-run", "--to", "_a", ...args])).document).toEqual({
      outcome: "planned",
      steps: [{ name: first, result: "planned", durationMs: 0, statements: 1 }],
      problems: [],
      error: null,
      sql: [{ name: first, statements: ["create table a (id int)"] }],
    });
  });

  it("of a failure names the statement, what was applied and what did not run", async () => {
    const { args } = await project({
      ...broken,
      "Migration20240104000000_d.ts": migration("Migration20240104000000_d", "select 1"),
    });
    const { code, document } = await runJson(["up", ...args]);
    expect(code).toBe(5);
    const step = (name: string, result: string, statements: number) => ({ name, result, durationMs, statements });
    expect(document).toEqual({
      outcome: "failed",
      steps: [
        step(first, "applied", 1),
        step(second, "applied", 1),
        step("Migration20240103000000_c", "failed", 0),
        step("Migration20240104000000_d", "notRun", 0),
      ],
      problems: [],
      error: {
        code: "failed",
        message: expect.stringContaining("division by zero"),
        sqlState: "22012",
        statement: "select 1/0",
        migration: "Migration20240103000000_c",
      },
    });
  });

  it("of status has exactly its shape", async () => {
    const { args } = await project();
    expect((await runJson(["status", ...args])).document).toEqual({
      state: "empty",
      head: null,
      target: second,
      applied: [],
      pending: [{ name: first }, { name: second }],
      held: [],
      compatible: null,
      findings: [],
      problems: [],
      halfDone: null,
      runner: null,
    });
    await run(["up", "--steps", "1", ...args]);
    expect((await runJson(["status", ...args])).document).toEqual({
      state: "behind",
      head: first,
      target: second,
      applied: [{ name: first, appliedAt, checksum, durationMs }],
      pending: [{ name: second }],
      held: [],
      compatible: null,
      findings: [],
      problems: [],
      halfDone: null,
      runner: null,
    });
  });

  it("of history lists what is applied and what is pending", async () => {
    const { args } = await project();
    await run(["up", "--steps", "1", ...args]);
    expect((await runJson(["history", ...args])).document).toMatchObject({
      applied: [
        {
          name: first,
          appliedAt,
          checksum,
          durationMs,
          toolVersion: expect.any(String),
          appliedBy: expect.any(String),
        },
      ],
      pending: [{ name: second }],
    });
  });

  it("of create and check has the outcome", async () => {
    const { args, folder } = await project();
    const created = await runJson(["create", "more", "--blank", "--dry-run", ...args]);
    const name = expect.stringMatching(/^Migration\d{14}_more$/);
    expect(created.document).toEqual({
      outcome: "planned",
      name,
      file: expect.stringContaining(folder),
      statements: [],
      renames: [],
      warnings: [],
      irreversible: null,
    });
    expect((await runJson(["check", ...args])).document).toEqual({
      outcome: "ok",
      problems: [],
      differences: null,
      picture: null,
      notes: [expect.stringContaining("manifest.json"), expect.stringContaining("migrator verify")],
    });
  });

  it("of a refusal lists the problems", async () => {
    const { args, folder } = await project();
    await run(["up", ...args]);
    await rm(path.join(folder, `${first}.ts`));
    const { code, document } = await runJson(["up", ...args]);
    expect(code).toBe(3);
    const problem = { code: "missing", migration: first, message: expect.stringContaining("restore the file") };
    expect(document).toEqual({ outcome: "refused", steps: [], problems: [problem], error: null });
  });

  it("of an unknown migration suggests another", async () => {
    const { args } = await project();
    const { code, document } = await runJson(["up", "--to", "Migration20240101000000_b", ...args]);
    expect(code).toBe(2);
    const message = expect.stringContaining("Did you mean");
    expect(document).toEqual({
      outcome: "refused",
      steps: [],
      problems: [{ code: "unknown-migration", migration: null, message }],
      error: { code: "unknown-migration", message, sqlState: null, statement: null, migration: null },
    });
  });
});

describe("the exit code", () => {
  const ahead = async ({ folder, args }: Awaited<ReturnType<typeof project>>) => {
    await run(["up", ...args]);
    await rm(path.join(folder, `${second}.ts`));
  };
  const diverged = async ({ folder, args }: Awaited<ReturnType<typeof project>>) => {
    await run(["up", ...args]);
    await rm(path.join(folder, `${first}.ts`));
  };
  const nothing = async () => {};
  const current = async ({ args }: Awaited<ReturnType<typeof project>>) => void (await run(["up", ...args]));

  it.each([
    { code: 0, what: "up", before: nothing, args: ["up"] },
    { code: 0, what: "up with nothing to do", before: current, args: ["up"] },
    { code: 0, what: "status of a database that is behind", before: nothing, args: ["status"] },
    { code: 0, what: "status --exit-code of a current database", before: current, args: ["status", "--exit-code"] },
    { code: 6, what: "status --exit-code of an empty database", before: nothing, args: ["status", "--exit-code"] },
    { code: 7, what: "status --exit-code of a database that is ahead", before: ahead, args: ["status", "--exit-code"] },
    { code: 3, what: "status --exit-code of a diverged database", before: diverged, args: ["status", "--exit-code"] },
    { code: 0, what: "status of a diverged database", before: diverged, args: ["status"] },
    { code: 7, what: "up of a database that is ahead", before: ahead, args: ["up"] },
    { code: 3, what: "up of a diverged database", before: diverged, args: ["up"] },
    { code: 3, what: "down without the file", before: ahead, args: ["down"] },
    { code: 6, what: "wait when time is over", before: nothing, args: ["wait", "--timeout", "0"] },
    { code: 0, what: "wait for what is there", before: current, args: ["wait", "--timeout", "0"] },
    { code: 7, what: "wait for a database that is ahead", before: ahead, args: ["wait"] },
    { code: 2, what: "an unknown target", before: nothing, args: ["up", "--to", "nowhere"] },
  ])("is $code for $what", async ({ code, before, args }) => {
    const test = await project();
    await before(test);
    const outcome = await run([...args, ...test.args]);
    expect(outcome).toMatchObject({ code });
    expect(outcome.stderr === "").toBe(code === 0 || args[0] === "status" || (args[0] === "wait" && code === 7));
  });

  it("is 4 while another session holds the lock, and says which", async () => {
    const { args, sql, tables } = await project();
    await sql(`select pg_advisory_lock(hashtextextended('migrator "public"."mikro_orm_migrations"', 0))`);
    const [pid] = await sql<{ pid: number }>("select pg_backend_pid() as pid");
    const { code, stderr } = await run(["up", "--lock-wait", "0", ...args]);
    expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining(`process ${pid?.pid}`) });
    expect((await runJson(["up", "--lock-wait", "0.1", ...args])).document).toMatchObject({
      outcome: "locked",
      error: { code: "locked" },
    });
    expect(await tables()).toEqual([]);
  });

  it("is 5 for a failure, which shows the statement with a caret and what to do next", async () => {
    const { args, tables } = await project({
      ...twoTables,
      "Migration3_c.ts": migration("Migration3_c", "select\n  nothing from nowhere"),
    });
    const { code, stdout, stderr } = await run(["up", ...args]);
    expect(code).toBe(5);
    expect(stdout).toContain(`applied  ${second}`);
    expect(stderr).toContain("SQLSTATE  42P01");
    expect(stderr).toMatch(/nothing from nowhere\n +\^/);
    expect(stderr).toMatch(/^ {2}at {8}\S+Migration3_c\.ts:\d+$/m);
    expect(stderr).toContain("was rolled back. 2 migrations before it stay done; it was the last one");
    expect(await tables()).toEqual(["a", "b", "mikro_orm_migrations"]);
  });
});

describe("output", () => {
  it("tells each migration and the sum, without colours in a pipe", async () => {
    const { args } = await project();
    const { stdout } = await run(["up", ...args]);
    expect(stdout).toMatch(
      /^Applying 2 migrations to \w+@\S+:\d+\/\w+\n  ✔ applied {2}Migration20240101000000_a  1 statement, .*\n(.*\n)Applied 2 migrations in .*\n$/,
    );
    expect(stdout).not.toContain("\u001B");
  });

  it("names the database, without the password, wherever a command says how it stands", async () => {
    const { args, dsn } = await project();
    const { username, password, hostname, port, pathname } = new URL(dsn);
    const database = `${username}@${hostname}:${port}${pathname}`;
    const outputs = [await run(["up", ...args]), await run(["up", ...args]), await run(["status", ...args])];
    for (const { stdout } of outputs) expect(stdout).toContain(database);
    expect((await run(["down", ...args])).stdout).toContain(`Reverting 1 migration in ${database}`);
    expect(outputs.map(({ stdout }) => stdout).join("")).not.toContain(`:${password}@`);
  });

  it("is none with --quiet, except for errors", async () => {
    const { args } = await project(broken);
    const { code, stdout, stderr } = await run(["up", "--quiet", ...args]);
    expect({ code, stdout }).toEqual({ code: 5, stdout: "" });
    expect(stderr).toContain("division by zero");
    expect(await run(["down", "--quiet", ...args])).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it.each([
    { what: "FORCE_COLOR", env: { FORCE_COLOR: "1" }, args: [], coloured: true },
    { what: "--no-color", env: { FORCE_COLOR: "1" }, args: ["--no-color"], coloured: false },
    { what: "NO_COLOR", env: { NO_COLOR: "1" }, args: [], coloured: false },
  ])("with $what is coloured: $coloured", async ({ env, args, coloured }) => {
    const test = await project(broken);
    const { stdout, stderr } = await run(["up", ...args, ...test.args], { env });
    expect((stdout + stderr).includes("\u001B[")).toBe(coloured);
  });

  it("is an object a line with --log-format json, the result last", async () => {
    const { args } = await project();
    const { code, stdout } = await run(["up", "--log-format", "json", ...args]);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; time: string });
    expect(code).toBe(0);
    expect(lines.map(({ type }) => type)).toEqual(["planned", "started", "finished", "started", "finished", "result"]);
    expect(lines.every(({ time }) => !Number.isNaN(Date.parse(time)))).toBe(true);
    expect(lines.at(-1)).toMatchObject({ outcome: "applied", error: null });
  });

  it.each([
    ["prints", `console.log("noise");`, 0],
    ["ends the process", "process.exit(0);", 5],
    ["leaves a promise behind that fails", `void Promise.reject(new Error("loose end"));`, 5],
    ["throws what is no error", "throw null;", 5],
  ])("is not spoilt by a migration that %s", async (_, code, exitCode) => {
    const source = `import { Migration } from "@mikro-orm/migrations";
export class Migration1_x extends Migration { async up() { ${code} this.addSql("select 1"); } }
`;
    const { args } = await project({ "Migration1_x.ts": source });
    const outcome = await run(["up", "--json", ...args]);
    expect(outcome.code).toBe(exitCode);
    expect(outcome.stdout).not.toContain("noise");
    expect(outcome.stdout === "" || (JSON.parse(outcome.stdout) as object)).toBeTruthy();
    expect(outcome.stderr).not.toContain("    at ");
  });

  it("of a dry run is SQL that a reader may leave early", async () => {
    const many = Array.from({ length: 2000 }, (_, index) => `create table t${index} ();`).join("\n");
    const { args, tables } = await project({ "Migration1_x.ts": migration("Migration1_x", many) });
    const running = start(["up", "--dry-run", ...args]);
    running.process.stdout?.once("data", () => running.process.stdout?.destroy());
    const { code, stderr } = await running.outcome;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(await tables()).toEqual([]);
  });
});

describe("a run that is under way", () => {
  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "ends at %s with a report, its exit code and nothing of its migration",
    async (signal) => {
      const slow = migration("Migration3_slow", "create table slow (); select pg_sleep(60)");
      const { args, sql, tables } = await project({ ...twoTables, "Migration3_slow.ts": slow });
      const running = start(["up", ...args]);
      await until(
        async () =>
          (await sql("select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'"))
            .length,
      );
      running.process.kill(signal);
      const { code, stdout, stderr } = await running.outcome;
      expect({ code, stderr }).toEqual({
        code: { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }[signal],
        stderr: expect.stringContaining("Interrupted"),
      });
      expect(stdout).toContain("failed   Migration3_slow");
      expect(await tables()).toEqual(["a", "b", "mikro_orm_migrations"]);
      expect(
        await sql(
          "select from pg_stat_activity where datname = current_database() and application_name like 'migrator%'",
        ),
      ).toEqual([]);
    },
  );

  it("is waited for by another that waits for the head", async () => {
    const { args } = await project();
    const waiting = start(["wait", "--timeout", "60", ...args]);
    let told = "";
    waiting.process.stdout?.on("data", (chunk: string) => (told += chunk));
    await until(async () => told.includes("Waiting: the database is empty"));
    await run(["up", ...args]);
    expect(await waiting.outcome).toMatchObject({ code: 0, stdout: expect.stringContaining("everything is applied") });
  });
});

describe("where things are found", () => {
  const other = "postgresql://nobody@127.0.0.1:1/nowhere";
  const config = (dsn: string) => `export default { migrations: "some/migrations", dsn: ${JSON.stringify(dsn)} };`;
  const files = Object.fromEntries(Object.entries(twoTables).map(([name, text]) => [`some/migrations/${name}`, text]));

  it.each([
    { what: "the option before the environment and the file", option: true, variable: other, file: other },
    { what: "the environment before the file", option: false, variable: "", file: other },
    { what: "the file when nothing else names one", option: false, variable: undefined, file: "" },
  ])("the address: $what", async ({ option, variable, file }) => {
    const { dsn, tables } = await project();
    const cwd = await folderOf({ ...files, "migrator.config.ts": config(file || dsn) });
    const env = variable === undefined ? {} : { POSTGRES_DSN: variable || dsn };
    const { code, stderr } = await run(["up", ...(option ? ["--dsn", dsn] : [])], { cwd, env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(await tables()).toEqual(["a", "b", "mikro_orm_migrations"]);
  });

  it("the address in parts and in files, the DSN before both", async () => {
    const { dsn, folder, tables } = await project();
    const { hostname, port, username, password, pathname } = new URL(dsn);
    const secrets = await folderOf({ password: `${password}\n`, dsn: `${dsn}\n` });
    const parts = {
      POSTGRES_HOST: hostname,
      POSTGRES_PORT: port,
      POSTGRES_USER: username,
      POSTGRES_DB: pathname.slice(1),
      POSTGRES_PASSWORD_FILE: path.join(secrets, "password"),
    };
    const up = ["up", "--steps", "1", "--migrations", folder];
    expect(await run(up, { env: parts })).toMatchObject({ code: 0, stderr: "" });
    const wins = { ...parts, POSTGRES_PORT: "1", POSTGRES_DSN_FILE: path.join(secrets, "dsn") };
    expect(await run(up, { env: wins })).toMatchObject({ code: 0, stderr: "" });
    expect(await tables()).toEqual(["a", "b", "mikro_orm_migrations"]);
  });

  it("the configuration: upwards from the working folder, its paths from its own", async () => {
    const { dsn, tables } = await project();
    const top = await folderOf({ ...files, "migrator.config.ts": config(dsn), "deep/down/here/.keep": "" });
    expect(await run(["up"], { cwd: path.join(top, "deep/down/here") })).toMatchObject({ code: 0, stderr: "" });
    expect(await tables()).toContain("b");
  });

  it("the configuration: by --config, before the one that is nearest", async () => {
    const { dsn, tables } = await project();
    const top = await folderOf({ ...files, "chosen.ts": config(dsn), "deep/migrator.config.ts": config(other) });
    expect(await run(["up", "--config", "../chosen.ts"], { cwd: path.join(top, "deep") })).toMatchObject({ code: 0 });
    expect(await tables()).toContain("b");
  });

  it("the configuration: JavaScript too", async () => {
    const { dsn } = await project();
    const cwd = await folderOf({ ...files, "package.json": `{"type": "module"}`, "migrator.config.js": config(dsn) });
    expect(await run(["status"], { cwd })).toMatchObject({ code: 0, stdout: expect.stringContaining("empty") });
  });

  it("the migrations: by --migrations before the configuration", async () => {
    const { dsn, folder, tables } = await project();
    const cwd = await folderOf({ "migrator.config.ts": config(dsn) });
    expect(await run(["up", "--migrations", folder], { cwd })).toMatchObject({ code: 0, stderr: "" });
    expect(await tables()).toContain("b");
  });
});
