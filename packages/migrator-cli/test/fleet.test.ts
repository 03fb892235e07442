import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import pg from "pg";
import { afterEach, describe, expect, it } from "vitest";
import { emptyDatabase, folderOf, run, type Running, runJson, start, until } from "./support.ts";

const items = "-- migrate:up\ncreate table items ();\n-- migrate:down\ndrop table items;\n";
const secret = "a secret, not to be seen";

const hasScript = spawnSync("script", ["--version"]).status === 0;
const main = path.resolve(import.meta.dirname, "../src/main.ts");

const running: Running[] = [];
afterEach(async () => {
  for (const { process: child, outcome } of running.splice(0)) {
    child.kill("SIGKILL");
    await outcome;
  }
});

/** A project with a list of databases; each has a schema `t` for tenants, and a role whose password is the secret. */
async function projectOf(count: number, files: Readonly<Record<string, string>> = { "1_items.sql": items }) {
  const { dsn: control, sql } = await emptyDatabase();
  const role = `fleet_${new URL(control).pathname.slice(-8)}`;
  await sql(`create role ${role} superuser login password '${secret}'`);
  const made = await Promise.all(Array.from({ length: count }, async () => await emptyDatabase()));
  const addresses = made.map(({ dsn }) => {
    const url = new URL(dsn);
    [url.username, url.password] = [role, ""];
    return url.href;
  });
  const list = ["id,dsn,wave", ...addresses.map((dsn, index) => `tenant_${index + 1},${dsn},`)].join("\n");
  const migrations = Object.fromEntries(Object.entries(files).map(([name, text]) => [`migrations/${name}`, text]));
  const config = `export default { migrations: "migrations", fleet: { targets: "tenants.csv" } };\n`;
  const folder = await folderOf({ ...migrations, "tenants.csv": list, "migrator.config.js": config });
  const env = { FLEET_DSN: control, FLEET_PASSWORD: secret };
  const fleet = async (...words: string[]) => await run(["fleet", ...words], { cwd: folder, env });
  const json = async (...words: string[]) => await runJson(["fleet", ...words], { cwd: folder, env });
  const begin = (...words: string[]) => {
    const started = start(["fleet", ...words], { cwd: folder, env });
    running.push(started);
    return started;
  };
  expect(await fleet("init")).toMatchObject({ code: 0 });
  return { folder, databases: made, fleet, json, begin, env, sql };
}

describe("fleet", () => {
  it("plans, brings all to the head, and tells it in lines, JSON, Markdown and HTML", async () => {
    const { fleet, json, folder } = await projectOf(5);
    expect(await fleet("check")).toMatchObject({ code: 0, stdout: expect.stringContaining("5 targets, no fault") });
    const plan = await json("plan", "--waves", "canary,100%");
    expect(plan.document).toMatchObject({
      outcome: "planned",
      states: { empty: 5 },
      waves: [{ name: "canary" }, { name: "100%" }],
    });
    const up = await fleet("up", "--waves", "canary,100%");
    expect(up).toMatchObject({ code: 0, stderr: "" });
    expect(up.stdout).toMatch(/wave canary passed: 1 applied\n[\s\S]*✔ run 1 done: 5 targets, to 1_items\n/);
    expect(await fleet("status", "--exit-code")).toMatchObject({ code: 0 });
    expect((await json("status")).document).toMatchObject({
      run: 1,
      state: "done",
      counts: { applied: 5 },
      exitCode: 0,
    });
    expect((await json("report")).document).toMatchObject({ targets: { length: 5 } });
    expect((await fleet("report", "--markdown")).stdout).toContain("| tenant\\_3 |");
    expect(await fleet("report", "--html", "--out", "report.html")).toMatchObject({ code: 0 });
    expect(await readFile(path.join(folder, "report.html"), "utf8")).toMatch(/<td>tenant_3<\/td>/);
    const again = await json("up");
    expect([again.code, again.document]).toMatchObject([0, { run: 2, counts: { current: 5 } }]);
    const down = await json("down", "1");
    expect([down.code, down.document]).toMatchObject([0, { direction: "down", reverts: 1, counts: { applied: 5 } }]);
  });

  it("ends with 5 where targets failed, and says which and why", async () => {
    const { fleet, json, databases } = await projectOf(3);
    await databases[1]?.sql("create table items ()");
    const { code, stdout } = await fleet("up", "--waves", "100%", "--max-failed", "1");
    expect([code, stdout]).toEqual([5, expect.stringMatching(/✖ tenant_2 failed: 1_items failed .*already exists/)]);
    await databases[1]?.sql("drop table items");
    const retried = await json("retry");
    expect([retried.code, retried.document]).toMatchObject([0, { state: "running" }]);
    expect(await fleet("status", "--exit-code")).toMatchObject({ code: 6 });
  });

  it("leaves a run to the workers, which finish what runs when they are told to end", async () => {
    const slow = "-- migrate:up\ncreate table items (); select pg_sleep(2);\n-- migrate:down\ndrop table items;\n";
    const { fleet, json, begin } = await projectOf(2, { "1_slow.sql": slow });
    const { code, stdout } = await fleet("up", "--detach", "--waves", "100%");
    expect([code, stdout]).toEqual([0, expect.stringContaining(`"migrator fleet status 1"`)]);
    expect(await fleet("up")).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("is in run 1, which is under way"),
    });
    expect(await fleet("status", "--exit-code")).toMatchObject({ code: 6 });
    const worker = begin("work", "--concurrency", "1");
    const counts = async () => ((await json("status")).document as { counts: Record<string, number> }).counts;
    await until(async () => (await counts())["running"] === 1);
    worker.process.kill("SIGTERM");
    const ended = await worker.outcome;
    expect([ended.code, ended.stdout]).toEqual([
      0,
      expect.stringMatching(/Finishes what runs[\s\S]*✔ tenant_\d applied/),
    ]);
    expect(await counts()).toEqual({ applied: 1, queued: 1 });
    expect(await fleet("stop")).toMatchObject({ code: 0, stdout: expect.stringContaining("run 1 stopped") });
    expect(await fleet("resume")).toMatchObject({ code: 0 });
  });

  it("up that is interrupted finishes what runs here, and leaves the run to the workers", async () => {
    // Both wait for a lock of the test's, which it has until the command has heard of its signal.
    const wait = `select pg_advisory_lock(7); create table items ();`;
    const { json, begin, databases } = await projectOf(2, {
      "1_wait.sql": `-- migrate:up\n${wait}\n-- migrate:down\nselect 1;\n`,
    });
    const free = await Promise.all(databases.map(async ({ dsn }) => await holdLock(dsn, 7)));
    const up = begin("up", "--waves", "canary,100%", "--json");
    const status = async () => (await json("status")).document as { state: string; counts?: Record<string, number> };
    await until(async () => (await status()).counts?.["running"] === 1);
    up.process.kill("SIGINT");
    await sleep(1000);
    for (const release of free) await release();
    const { code, stdout } = await up.outcome;
    expect([code, JSON.parse(stdout)]).toMatchObject([130, { run: 1, state: "running" }]);
    expect(await status()).toMatchObject({ state: "running", counts: { applied: 1 } });
  });

  it("asks a command for each target's password", async () => {
    const { folder, env } = await projectOf(2);
    const command = `echo "$TARGET_ID $TARGET_ADDRESS" >> asked; echo '${secret}'`;
    const own = { ...env, FLEET_PASSWORD: "", FLEET_PASSWORD_COMMAND: command };
    expect(await run(["fleet", "up"], { cwd: folder, env: own })).toMatchObject({ code: 0 });
    expect(await readFile(path.join(folder, "asked"), "utf8")).toMatch(/^tenant_2 postgres(?:ql)?:\/\/fleet_\w+@\S+$/m);
    const broken = { ...own, FLEET_PASSWORD_COMMAND: "echo half-a-secret; exit 4" };
    const { code, stdout, stderr } = await run(["fleet", "check"], { cwd: folder, env: broken });
    expect([code, stdout]).toEqual([
      2,
      expect.stringContaining("FLEET_PASSWORD_COMMAND failed for tenant_1 (exit code 4)"),
    ]);
    expect(stdout + stderr).not.toContain("half-a-secret");
  });

  it("a worker gives one document when it is over, where it is asked to", async () => {
    const { fleet, begin } = await projectOf(2);
    const worker = begin("work", "--json");
    expect(await fleet("up", "--no-work", "--waves", "100%")).toMatchObject({ code: 0 });
    worker.process.kill("SIGTERM");
    const { code, stdout } = await worker.outcome;
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { outcome: "done", counts: { applied: 2 } }]);
  });

  it.skipIf(!hasScript)("draws a table on a terminal, over and over, and then the result", async () => {
    const slow = "-- migrate:up\nselect pg_sleep(1.5);\n-- migrate:down\nselect 1;\n";
    const { folder, env } = await projectOf(3, { "1_slow.sql": slow });
    const words = [process.execPath, "--conditions=@thedata/source", main, "fleet", "up", "--waves", "canary,100%"];
    const line = `stty rows 40 cols 120; ${words.map((word) => `'${word}'`).join(" ")}`;
    const child = spawn("script", ["-qec", line, "/dev/null"], { cwd: folder, env: { ...process.env, ...env } });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    expect(await new Promise((resolve) => child.once("close", resolve))).toBe(0);
    // The cursor goes up to draw again.
    expect(text).toContain("\u001b[4A");
    const shown = stripVTControlCharacters(text);
    expect(shown).toMatch(/wave +size +state +targets/);
    expect(shown).toMatch(/canary +1 +running +1 running/);
    expect(shown).toMatch(/server +running +open +failed +all/);
    expect(shown).toMatch(/✔ run 1 done: 3 targets/);
  });

  it.each([
    ["no control database", { FLEET_DSN: "" }, ["status"], 2, /No control database is configured: set FLEET_DSN/],
    ["one that nobody prepared", {}, ["status"], 2, /run "migrator fleet init" first/],
    ["a list that is not there", {}, ["check", "--targets", "none.csv"], 2, /none\.csv cannot be read: ENOENT/],
    ["waves that leave some out", {}, ["plan", "--waves", "10%"], 2, /must end with 100%/],
    ["a limit of failures that is none", {}, ["up", "--max-failed", "many"], 2, /--max-failed takes a number/],
    ["a time that is none", {}, ["up", "--bake", "soon"], 2, /It takes a duration such as/],
    ["a run that is none", {}, ["status", "first"], 2, /It takes a whole number/],
    ["a run that nobody began", {}, ["status", "7"], 2, /There is no run 7/],
  ])("refuses %s", async (what, env, words, code, message) => {
    const project = await projectOf(1);
    const empty = what === "one that nobody prepared" ? { FLEET_DSN: (await emptyDatabase()).dsn } : {};
    const outcome = await run(["fleet", ...words], { cwd: project.folder, env: { ...project.env, ...env, ...empty } });
    expect([outcome.code, outcome.stderr]).toEqual([code, expect.stringMatching(message)]);
  });

  it("names every fault of a list, and begins nothing", async () => {
    const { folder, env } = await projectOf(1);
    const rows = [
      { id: "one", dsn: "postgresql://a:word@h/d" },
      { id: "two" },
      { id: "three", dsn: "mysql://h/d" },
      { id: "four", dsn: "postgresql://a@h/d", schema: "pg_x" },
      { id: "five", dsn: "postgresql://a@h:5432/d" },
      { id: "six", dsn: "postgresql://b@H/d" },
      { id: "five", dsn: "postgresql://a@h/e" },
      { id: "seven", dsn: "postgresql://a@h/f", password: "word" },
    ];
    await writeFile(path.join(folder, "list.json"), JSON.stringify(rows));
    const { code, stderr } = await run(["fleet", "up", "--targets", "list.json"], { cwd: folder, env });
    expect(code).toBe(3);
    for (const fault of [
      "one has a password in its address",
      "two has no address",
      "three has an address that is not",
      "four has the schema",
      "six is the same as five",
      "five is in the list more than once",
      `seven has a column "password"`,
    ])
      expect(stderr).toContain(fault);
    expect(stderr).not.toContain("word@");
  });

  it("shows no password: in no output, no argument, no dump of the control database", async () => {
    const broken = "-- migrate:up\nselect pg_sleep(1); select 1 / 0;\n-- migrate:down\nselect 1;\n";
    const { begin, fleet, sql, env } = await projectOf(2, { "1_items.sql": items, "2_broken.sql": broken });
    const worker = begin("work", "--log-format", "json");
    const up = begin("up", "--no-work", "--waves", "100%", "--log-format", "json", "--control-dsn", env.FLEET_DSN);
    // The title is set as soon as the program runs.
    await sleep(1000);
    const words = [up, worker].map(commandLineOf);
    for (const line of words) expect(line).toMatch(/^migrator/);
    const upped = await up.outcome;
    worker.process.kill("SIGTERM");
    const texts = [upped, await worker.outcome, await fleet("report"), await fleet("status")].map(
      ({ stdout, stderr }) => stdout + stderr,
    );
    expect(texts[1]).toContain(`"type":"ended"`);
    const tables = await sql<{ name: string }>(
      "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('fleet', 'pgboss')",
    );
    for (const { name } of tables) texts.push(JSON.stringify(await sql(`select * from ${name}`)));
    const own = new URL(env.FLEET_DSN).password;
    // In a container it is "test", which is also a word.
    const secrets = [secret, own].filter((one) => one.length > 8);
    for (const text of [...texts, ...words]) for (const one of secrets) expect(text).not.toContain(one);
  });
});

/** Takes an advisory lock; gives what frees it. */
async function holdLock(dsn: string, number: number): Promise<() => Promise<void>> {
  const client = new pg.Client(dsn);
  await client.connect();
  await client.query("select pg_advisory_lock($1)", [number]);
  return async () => await client.end();
}

/** What `ps` shows of a process; empty where it has ended. */
function commandLineOf({ process: { pid } }: Running): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
