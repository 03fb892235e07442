import { spawn, spawnSync } from "node:child_process";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect, it } from "vitest";
import { first, migration, project, run, runJson, twoTables } from "./support.ts";

// A line break that fakes a line, a colour, a cleared screen, a reversed text direction, and C1's escape.
const nasty = "x\n✔ applied everything\r\u001b[2J\u001b[31m\u202E\u009b1m\u007f";
const name = `Migration20240103000000_${nasty}`;
const shown = String.raw`Migration20240103000000_x\n✔ applied everything\r\u001b[2J\u001b[31m\u202e\u009b1m\u007f`;

/** Matches what a terminal acts on, and the faked line. */
const unseen = /^✔ applied everything|[^\P{Cc}\n]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/mu;

async function withNastyRow() {
  const started = await project();
  await run(["up", ...started.args]);
  await started.sql(`insert into mikro_orm_migrations (name) values (E'${name.replaceAll("\n", String.raw`\n`)}')`);
  return started;
}

it.each(["status", "history"])("%s shows what controls the terminal in a ledger's row", async (command) => {
  const { args } = await withNastyRow();
  const { stdout, stderr } = await run([command, ...args]);
  expect(stdout).toContain(shown);
  expect(stdout + stderr).not.toMatch(unseen);
});

it("gives a program the same name, with nothing in it that a terminal acts on", async () => {
  const { args } = await withNastyRow();
  const { stdout, document } = await runJson(["history", ...args]);
  expect(document).toMatchObject({ applied: [{}, {}, { name }] });
  expect(stdout).not.toMatch(unseen);
});

it.each([
  ["up"],
  ["up", "--dry-run"],
  ["up", "--log-format", "json"],
  ["status"],
  ["history"],
  ["sql", "--json"],
  ["up", "--json"],
])("%s %s %s shows what controls the terminal in a file's name", async (...command) => {
  const source = migration("M", "create table c (id int)", "drop table c");
  const { args } = await project({ ...twoTables, [`${name}.ts`]: source });
  const { stdout, stderr, code } = await run([...command.filter(Boolean), ...args]);
  expect(code).toBe(0);
  expect(stdout + stderr).not.toMatch(unseen);
  expect(stdout.replaceAll("\\\\", "\\")).toContain(String.raw`x\n✔ applied everything\r\u001b[2J`);
});

it("shows what controls the terminal in the server's words and in the statement", async () => {
  const text = nasty.replaceAll("\n", String.raw`\n`);
  const raise = `do $$ begin raise exception E'${text}' using detail = E'${text}', hint = E'${text}'; end $$ -- \u001b[31m`;
  const { args } = await project({ [`${first}.ts`]: migration(first, raise) });
  const { code, stdout, stderr } = await run(["up", ...args]);
  expect(code).toBe(5);
  expect(stdout + stderr).not.toMatch(unseen);
  expect(stderr).toContain(String.raw`x\n✔ applied everything\r\u001b[2J`);
});

it("keeps its own colours", async () => {
  const { args } = await withNastyRow();
  const { stdout } = await run(["status", ...args], { env: { FORCE_COLOR: "1" } });
  expect(stdout).toContain("\u001b[31mahead\u001b[39m");
  expect(stdout).toContain(shown);
  expect(stripVTControlCharacters(stdout)).not.toMatch(unseen);
});

const hasScript = spawnSync("script", ["--version"]).status === 0;
const main = path.resolve(import.meta.dirname, "../src/main.ts");

it("finds script(1), which makes a terminal, wherever Linux has it", () => {
  expect(hasScript || process.platform !== "linux").toBe(true);
});

it.skipIf(!hasScript)(
  "Ctrl-C on a terminal cancels the statement, rolls back and says so, spinner and all",
  async () => {
    const { dsn, folder, sql, tables } = await project({
      [`${first}.ts`]: migration(first, "create table slow (id int); select pg_sleep(30)"),
    });
    const words = [process.execPath, "--conditions=@thedata/source", main, "up", "--dsn", dsn, "--migrations", folder];
    const child = spawn("script", ["-qec", words.map((word) => `'${word}'`).join(" "), "/dev/null"]);
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    const sleeping = "select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()";
    await expect.poll(async () => (await sql(sleeping)).length, { timeout: 20_000 }).toBe(1);
    // Waits until the spinner turns.
    await expect.poll(() => text, { timeout: 20_000 }).toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
    child.stdin.write("\u0003");
    expect(await ended).toBe(130);
    expect(stripVTControlCharacters(text)).toContain("cancelled and its migration rolled back");
    expect(await sql(sleeping)).toEqual([]);
    expect(await tables()).toEqual(["mikro_orm_migrations"]);
  },
);

it("status, history and wait say nothing but their answer where the history is known from before", async () => {
  const { args } = await project();
  for (const command of ["up", "up", "status", "status", "status", "history", "wait"]) {
    // Files that changed in the last two seconds are not taken from the cache.
    if (command === "status") await new Promise((resolve) => setTimeout(resolve, 1000));
    const { code, stderr } = await run([command, ...args]);
    expect([command, code, command === "up" ? "" : stderr]).toEqual([command, 0, ""]);
  }
});
