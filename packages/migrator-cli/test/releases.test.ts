import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { writeFiles } from "@thedata/dev-postgres/testing";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { emptyDatabase, run, runJson } from "./support.ts";

const own = path.resolve(import.meta.dirname, "..");
const changeset = path.resolve(own, "../../node_modules/.bin/changeset");

/** The models of each release: what a release adds is nullable or has a default; the last one drops the name. */
const properties: Readonly<Record<string, string>> = {
  "1.1.0": `name: p.string(), nick: p.string().nullable()`,
  "1.2.0": `name: p.string(), nick: p.string().nullable(), level: p.integer().default(0)`,
  "1.3.0": `nick: p.string().nullable(), level: p.integer().default(0)`,
  "1.4.0": `nick: p.string().nullable(), level: p.integer().default(0), status: p.enum(["new", "old"]).default("new")`,
};

const modelsOf = (more: string) => `import { defineEntity, p } from "@mikro-orm/postgresql";
export const User = defineEntity({
  name: "User",
  tableName: "users",
  properties: { id: p.integer().primary(), email: p.string().unique(), ${more} },
});
`;

let folder: string;
const project = async (args: readonly string[]) =>
  await run(args, { cwd: folder, env: { POSTGRES_DSN: inject("postgresDsn") } });
const migratorOf = (dsn: string) => async (args: readonly string[]) =>
  await run(args, { cwd: folder, env: { POSTGRES_DSN: dsn } });

/** One release as a team makes it: models, migration, change note, version, contract. */
async function release(version: string, migration: string, ...options: string[]): Promise<void> {
  await writeFiles(folder, {
    "models/user.ts": modelsOf(properties[version] ?? ""),
    [`.changeset/${migration}.md`]: `---\n"@shop/models": minor\n---\n\n${migration}\n`,
  });
  const created = await project(["create", migration, ...options]);
  expect(created).toMatchObject({ code: 0, stderr: "" });
  await promisify(execFile)(changeset, ["version"], { cwd: folder });
  expect(JSON.parse(await readFile(path.join(folder, "models/package.json"), "utf8"))).toMatchObject({ version });
  expect(await project(["contract", "--freeze"])).toMatchObject({ code: 0, stderr: "" });
  await project(["check", "--fix"]);
}

beforeAll(async () => {
  // Inside the package, so that the models find MikroORM as they would in a project.
  folder = await mkdtemp(path.join(own, ".releases-"));
  await writeFiles(folder, {
    "package.json": JSON.stringify({ name: "shop", private: true, type: "module", workspaces: ["models"] }),
    "package-lock.json": "{}",
    "migrations/.keep": "",
    ".changeset/config.json": JSON.stringify({ changelog: false, commit: false, baseBranch: "main" }),
    "models/package.json": JSON.stringify({ name: "@shop/models", version: "1.0.0", type: "module" }),
    "migrator.config.js": `export default {
      migrations: "migrations",
      models: async () => ({ entities: [(await import("./models/user.ts?" + Date.now())).User] }),
      releases: { package: "models/package.json", contract: "models/contract.json", folder: "releases" },
    };`,
  });
  await promisify(execFile)("git", ["init", "--quiet", folder]);
  await release("1.1.0", "create_users");
  await release("1.2.0", "add_level");
  await release("1.3.0", "without_name");
  await release("1.4.0", "add_status");
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

describe("four releases that changesets made", () => {
  it("are frozen one by one, and judged at every migration, in both directions", async () => {
    expect((await readdir(path.join(folder, "releases"))).toSorted()).toEqual(
      ["1.1.0", "1.2.0", "1.3.0", "1.4.0"].map((version) => `models@${version}.json`),
    );
    const { code, document } = await runJson(["compat"], { cwd: folder, env: { POSTGRES_DSN: inject("postgresDsn") } });
    const { releases, steps } = document as {
      releases: { name: string; supported: boolean }[];
      steps: { migration: string; verdicts: { verdict: string }[] }[];
    };
    expect(releases.map(({ name, supported }) => `${name} ${supported}`)).toEqual([
      "@shop/models@1.1.0 false",
      "@shop/models@1.2.0 false",
      "@shop/models@1.3.0 true",
      "@shop/models@1.4.0 true",
    ]);
    expect(
      steps.map(({ migration, verdicts }) => [
        migration.replace(/^Migration\d+_/, ""),
        ...verdicts.map(({ verdict }) => verdict),
      ]),
    ).toEqual([
      ["create_users", "works", "breaks", "breaks", "breaks"],
      ["add_level", "works", "works", "breaks", "breaks"],
      ["without_name", "works", "works", "works", "breaks"],
      ["add_status_1", "works", "works", "works", "works"],
      ["add_status_2", "works", "works", "works", "works"],
    ]);
    expect(code).toBe(0);
  });

  it("kept the column that the first ones map, and let the newer ones write rows", async () => {
    const files = await readdir(path.join(folder, "migrations"));
    const file = files.find((name) => name.includes("without_name")) ?? "";
    const text = await readFile(path.join(folder, "migrations", file), "utf8");
    expect(text).toContain(`alter column "name" set default ''`);
    expect(text).not.toContain("drop column");
    expect(await project(["check"])).toMatchObject({ code: 0 });
    expect(await project(["compat", "--droppable"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("users.name"),
    });
  });

  it("let the drop be written when it is asked for, held while an old one is connected, and applied after that", async () => {
    const { dsn, sql, connect } = await emptyDatabase();
    const migrator = migratorOf(dsn);
    expect(await migrator(["up"])).toMatchObject({ code: 0 });
    expect(await project(["create", "drop_name", "--contract"])).toMatchObject({ code: 0 });
    expect(await project(["check", "--fix"])).toMatchObject({ code: 0 });
    const old = await connect();
    await old.query("set application_name = 'shop @shop/models@1.2.0'");
    const refused = await migrator(["up"]);
    expect(refused).toMatchObject({ code: 3 });
    expect(refused.stderr).toMatch(
      /drop_name ends @shop\/models@1\.2\.0, of which 1 session is connected: .*users\.name/,
    );
    const held = await migrator(["up", "--phase", "expand"]);
    expect(held).toMatchObject({ code: 0, stderr: "" });
    expect(held.stdout).toMatch(/Held: .*drop_name.*\n.*1 migration held back/);
    expect(await migrator(["status"])).toMatchObject({
      stdout: expect.stringMatching(/drop_name {2}\(held\)[\s\S]*this build works on the schema/),
    });
    expect(await migrator(["wait", "--timeout", "1"])).toMatchObject({ code: 0 });
    const listed = await migrator(["releases"]);
    expect(listed.stdout).toMatch(/@shop\/models@1\.2\.0 +not supported +1 /);
    await old.end();
    expect(await migrator(["up"])).toMatchObject({ code: 0 });
    expect(
      await sql(
        "select column_name from information_schema.columns where table_name = 'users' and column_name = 'name'",
      ),
    ).toEqual([]);
  });

  it("are retired by name, and a name that fits none is refused", async () => {
    const { dsn } = await emptyDatabase();
    const migrator = migratorOf(dsn);
    expect(await migrator(["releases", "retire", "1.1.0"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Retired: @shop\/models@1\.1\.0/),
    });
    expect(await migrator(["releases", "retire", "1.1.0"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("was retired before"),
    });
    expect(await migrator(["releases", "retire", "7.0.0"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('No known release fits "7.0.0"'),
    });
    expect(await migrator(["releases", "retire", "nonsense!"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('takes "last 2"'),
    });
    expect((await migrator(["releases"])).stdout).toMatch(/@shop\/models@1\.1\.0 +retired 20\S+ by /);
  });

  it("are refused where no releases are configured", async () => {
    await writeFile(path.join(folder, "other.config.js"), `export default { migrations: "migrations" };`);
    for (const command of ["contract", "compat", "releases"])
      expect(await project([command, "--config", "other.config.js"])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("No releases are configured"),
      });
  });

  it("are a table in Markdown, too", async () => {
    const { stdout } = await project(["compat", "--markdown"]);
    expect(stdout).toMatch(/^### Releases: [\s\S]*\| ---[\s\S]*add\\_level \| ✓ \| ✓ \| ✗ breaks \|/);
  });
});
