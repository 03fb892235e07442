import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, inject, it } from "vitest";
import { emptyDatabase, first, folderOf, migration, project, run, runJson, second, twoTables } from "./support.ts";

const third = "Migration20240103000000_c";
const dangerous = { ...twoTables, [`${third}.ts`]: migration(third, "drop table a") };

it("names the place, what happens and the way out, and refuses with 3", async () => {
  const folder = await folderOf(dangerous);
  const { code, stdout } = await run(["lint", "--migrations", folder, "--no-shadow", third]);
  expect(code).toBe(3);
  expect(stdout).toMatch(
    new RegExp(`${third}\\.ts:3 {2}error {2}drop-table\n {2}public\\.a and all its rows are gone.*\n {2}→ `),
  );
  expect(stdout).toContain("Found 1 error");
  expect(await run(["lint", "--migrations", folder, "--no-shadow", first, second])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("Nothing found"),
  });
});

it("tells programs the same, as JSON and as SARIF", async () => {
  const folder = await folderOf(dangerous);
  const sarif = path.join(folder, "lint.sarif");
  const { code, document } = await runJson(["lint", "--migrations", folder, "--no-shadow", "--sarif", sarif, third]);
  expect(code).toBe(3);
  expect(document).toMatchObject({
    outcome: "refused",
    migrations: [third],
    findings: [{ rule: "drop-table", severity: "error", migration: third, line: 3, table: "public.a" }],
  });
  expect(JSON.parse(await readFile(sarif, "utf8"))).toMatchObject({
    version: "2.1.0",
    runs: [{ results: [{ ruleId: "drop-table", level: "error" }] }],
  });
});

it("weighs by the statistics of a database, which hold nothing of its rows", async () => {
  const { dsn, sql } = await emptyDatabase();
  await sql("create table a (id int, note text)");
  await sql("insert into a select n, 'a secret' from generate_series(1, 500) n");
  await sql("analyze a");
  const folder = await folderOf({
    ...twoTables,
    [`${third}.ts`]: migration(third, "alter table a alter column id type bigint"),
  });
  const file = path.join(folder, "stats.json");
  expect(await run(["stats", "--dsn", dsn, "--migrations", folder, "--out", file])).toMatchObject({ code: 0 });
  const text = await readFile(file, "utf8");
  expect(text).not.toContain("secret");
  expect(JSON.parse(text)).toMatchObject({ tables: { "public.a": { rows: 500 } } });
  const lint = async (...more: string[]) =>
    (await runJson(["lint", "--migrations", folder, "--no-shadow", third, ...more])).document as {
      outcome: string;
      findings: { rule: string; message: string; severity: string }[];
    };
  expect((await lint()).outcome).toBe("refused");
  for (const weighed of [await lint("--stats", file), await lint("--stats-from", dsn)]) {
    expect(weighed.outcome).toBe("ok");
    expect(weighed.findings.find(({ rule }) => rule === "change-type-rewrite")).toMatchObject({
      severity: "note",
      message: expect.stringContaining("500 rows"),
    });
  }
  // The same table with 300 million rows.
  await writeFile(
    file,
    JSON.stringify({
      tables: { "public.a": { rows: 3e8, bytes: 3e10, indexBytes: 1e10, readsPerSecond: 10, writesPerSecond: 300 } },
    }),
  );
  expect((await lint("--stats", file)).findings.find(({ rule }) => rule === "change-type-rewrite")).toMatchObject({
    severity: "error",
    message: expect.stringMatching(/about \d+ s \(300 M rows, 300 writes\/s\)/),
  });
});

it("lints what git does not have at a commit", async () => {
  const folder = await folderOf(twoTables);
  const git = (...words: string[]) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...words], { cwd: folder, stdio: "pipe" });
  git("init", "--quiet");
  git("add", "-A");
  git("commit", "--quiet", "-m", "before");
  expect((await run(["lint", "--migrations", folder, "--no-shadow", "--base", "HEAD"])).stdout).toContain(
    "No migration was added",
  );
  await writeFile(path.join(folder, `${third}.ts`), migration(third, "drop table a"));
  const { document } = await runJson(["lint", "--migrations", folder, "--no-shadow", "--base", "HEAD"]);
  expect(document).toMatchObject({ migrations: [third] });
  expect(await run(["lint", "--migrations", folder, "--base", "nowhere"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--base nowhere is no commit"),
  });
});

it("is said by up, which goes on, and refuses where the configuration enforces safety", async () => {
  const { dsn, sql, tables } = await emptyDatabase();
  const folder = await folderOf(dangerous);
  const configured = async (safety: string) => {
    await writeFile(
      path.join(folder, "migrator.config.mjs"),
      `export default { migrations: ".", safety: "${safety}" };\n`,
    );
    return await run(["up", "--dsn", dsn], { cwd: folder });
  };
  expect((await run(["up", "--dsn", dsn, "--migrations", folder, "--to", second])).code).toBe(0);
  await sql("insert into a values (1)");
  const refused = await configured("enforce");
  expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining("unsafe: ") });
  expect(await tables()).toContain("a");
  const { code, stdout } = await configured("warn");
  expect(code).toBe(0);
  expect(stdout).toContain("! drop-table");
  expect(await tables()).not.toContain("a");
});

it("takes severities from the configuration, and names a setting that is none", async () => {
  const folder = await folderOf({
    ...dangerous,
    "migrator.config.mjs": `export default { migrations: ".", rules: { "drop-table": "note" } };\n`,
  });
  expect((await run(["lint", "--no-shadow", third], { cwd: folder })).code).toBe(0);
  await writeFile(path.join(folder, "migrator.config.mjs"), `export default { migrations: ".", safety: "yes" };\n`);
  expect(await run(["lint", "--no-shadow", third], { cwd: folder })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`"safety" in the configuration takes "enforce"`),
  });
});

it("uses a shadow database on the server that is named", async () => {
  const folder = await folderOf(dangerous);
  expect((await run(["lint", "--migrations", folder, "--shadow-dsn", inject("postgresDsn"), third])).code).toBe(3);
});

it("trace measures on a shadow what lint says", async () => {
  const folder = await folderOf({
    ...twoTables,
    [`${third}.ts`]: migration(third, "alter table a alter column id type bigint"),
  });
  const args = ["trace", "--migrations", folder, "--shadow-dsn", inject("postgresDsn"), "--rows", "10", third];
  const { code, stdout } = await run(args);
  expect(code).toBe(0);
  expect(stdout).toMatch(/1\. alter table a alter column id type bigint\n.*ACCESS EXCLUSIVE public\.a \(rewrite\)/);
  expect(stdout).toMatch(/held to the end: ACCESS EXCLUSIVE on public\.a for /);
  expect(stdout).toMatch(/a read of public\.a waited .* at most/);
  expect((await runJson(args)).document).toMatchObject({
    outcome: "traced",
    migration: third,
    statements: [{ relations: [{ lock: "ACCESS EXCLUSIVE", work: "rewrite" }] }],
  });
});

it("shows the safe sequence, and puts it in a migration's place", async () => {
  const indexed = migration(third, "create index a_id on a (id)", "drop index a_id");
  const { args, dsn, folder } = await project({ ...twoTables, [`${third}.ts`]: indexed });
  expect(await run(["lint", "--fix", ...args])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("name those to fix"),
  });
  await run(["check", "--fix", ...args]);
  const dry = await run(["lint", "--dry-run", third, ...args]);
  expect(dry.stdout).toContain(`Would put 1 migration in the place of ${third}:`);
  expect(dry.stdout).toContain("    - create index a_id on a (id)");
  expect(dry.stdout).toContain("    + create index concurrently a_id on a (id)");
  expect(dry).toMatchObject({ code: 3, stdout: expect.stringContaining("create-index-blocking") });
  await run(["up", "--to", second, ...args]);
  const { document, code } = await runJson(["lint", "--fix", ...args]);
  expect(document).toMatchObject({
    outcome: "ok",
    migrations: [`${third}_safe`],
    fixed: [{ migration: third, parts: [{ statements: ["create index concurrently a_id on a (id)"] }] }],
  });
  expect(code).toBe(0);
  expect(await readFile(path.join(folder, `${third}_safe.ts`), "utf8")).toContain("concurrently");
  expect(await run(["up", ...args])).toMatchObject({ code: 0, stdout: expect.stringContaining(`${third}_safe`) });
  expect((await run(["lint", "--fix", third, "--dsn", dsn, "--migrations", folder])).stderr).toContain(
    "is applied already",
  );
});
