import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { createDatabase, dropDatabase } from "@thedata/dev-postgres";
import "@thedata/dev-postgres/vitest";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { type Kind, kinds } from "./projects.ts";
import { install, packAll, run, writeFiles } from "./support.ts";

// The oldest supported MikroORM, and the newest one whose packages all have the same version.
const oldest = ["core", "migrations", "postgresql", "decorators"].map((name) => `@mikro-orm/${name}@7.2.0`);
const newest = ["core", "migrations", "postgresql"].map((name) => `@mikro-orm/${name}@7.2.1`);
const packages = {
  nothing: [...newest, "node@22.23.3"],
  swc: [...oldest, "@swc-node/register@1", "@swc/core@1", "reflect-metadata@0.2"],
  tsx: [...newest, "tsx@4"],
};

const homes: Partial<Record<Kind["with"] | "old", string>> = {};
const made: string[] = [];

beforeAll(async () => {
  const tarballs = await packAll();
  made.push(path.dirname(tarballs[0] ?? ""));
  for (const [name, list] of Object.entries(packages)) {
    const home = await install([...list, ...tarballs]);
    homes[name as Kind["with"]] = home;
    made.push(home);
  }
  homes.old = await install(["node@20"]);
  made.push(homes.old);
});

afterAll(async () => {
  for (const folder of made) await rm(folder, { recursive: true, force: true });
});

async function open(kind: Kind) {
  const home = homes[kind.with] ?? "";
  const folder = await mkdtemp(path.join(home, "project-"));
  await writeFiles(folder, kind.files);
  const dsn = await createDatabase(inject("postgresDsn"));
  onTestFinished(async () => await dropDatabase(inject("postgresDsn"), dsn));
  const cwd = path.join(folder, kind.at ?? "");
  const main = path.join(home, "node_modules/migrator-cli/dist/main.cjs");
  const migrator = async (args: readonly string[], node = process.execPath) =>
    await run(cwd, node, [main, ...args], { TEST_DSN: dsn, NO_COLOR: "1", MIGRATOR_CACHE: path.join(folder, "cache") });
  return { home, folder: cwd, dsn, migrator };
}

async function columnsOf(dsn: string, table: string): Promise<string[]> {
  const client = new pg.Client(dsn);
  await client.connect();
  const text =
    'select array_agg(column_name::text order by column_name::text collate "C") as columns from information_schema.columns where table_name = $1';
  const { rows } = await client.query<{ columns: string[] | null }>(text, [table]);
  await client.end();
  return rows[0]?.columns ?? [];
}

const well = { code: 0, stderr: "" };

it("carries the licences of the packages whose code is in it", async () => {
  const notices = path.join(homes.nothing ?? "", "node_modules/migrator-cli/dist/THIRD-PARTY-NOTICES.txt");
  const text = await readFile(notices, "utf8");
  for (const name of ["commander", "pg", "pg-protocol", "pgpass", "fast-check"])
    expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+\\n\\n.*[Ll]icen[cs]e`, "m"));
});

describe("a project of one's own", () => {
  it.each(kinds)("$name: init, create, up, check", async (kind) => {
    const { folder, dsn, migrator } = await open(kind);
    const init = await migrator(["init"]);
    expect(init).toMatchObject(well);
    expect(init.stdout).toMatch(/models and connection come from there[\s\S]*with 1 migration/);
    // The existing history is accepted at once; only the model is ahead of it.
    expect(await migrator(["up", "--json"])).toMatchObject({ code: 0 });
    const check = await migrator(["check"]);
    expect([check.code, check.stdout]).toEqual([3, expect.stringContaining("email")]);
    const created = await migrator(["create", "add_email", "--no-renames"]);
    expect(created).toMatchObject(well);
    expect(await migrator(["up"])).toMatchObject({ code: 0 });
    expect(await columnsOf(dsn, "author")).toEqual(kind.columns);
    expect(await migrator(["check"])).toMatchObject(well);
    // The check of a new enum is validated in a migration of its own.
    const [, steps = "1"] = /Created (\d+) migrations/.exec(created.stdout) ?? [];
    expect(await migrator(["down", "--steps", steps])).toMatchObject({ code: 0 });
    expect(await columnsOf(dsn, "author")).toEqual(["id", "name"]);
    expect(JSON.parse(await readFile(path.join(folder, "package.json"), "utf8")).scripts.migrate).toBe("migrator up");
    expect((await migrator(["init"])).stderr).toContain("set up already");
  });

  it("every command runs once, with Node 22 and with this one", async () => {
    const kind = kinds[0] as Kind;
    for (const node of ["22", "this"] as const) {
      const { home, folder, migrator } = await open(kind);
      const program = node === "22" ? path.join(home, "node_modules/node/bin/node") : process.execPath;
      const must = async (...args: string[]) => {
        const outcome = await migrator(args, program);
        expect([args, outcome]).toEqual([args, { ...outcome, code: 0 }]);
        return outcome.stdout;
      };
      await must("init");
      await must("create", "add_email", "--no-renames");
      await must("sql");
      await must("up");
      for (const command of ["status", "wait", "history", "check", "diff"]) await must(command);
      await must("verify", "add_email");
      expect(await must("erd", "--format", "mermaid")).toContain("erDiagram");
      expect(await must("erd")).toContain("<svg");
      await must("down");
      const files = await readdir(path.join(folder, "src/migrations"));
      const name = files.find((file) => file.endsWith("email.ts")) ?? "";
      await must("create", "later", "--blank");
      await must("rebase", name.replace(".ts", ""));
      await must("baseline", "--at", "20200101000000");
      const first = path.join(folder, "src/migrations/Migration20200101000000.ts");
      await writeFile(first, (await readFile(first, "utf8")).replace("varchar(255)", "varchar(256)"));
      await must("repair", "20200101000000");
      expect(await must("--version")).toMatch(/^\d/);
    }
  });

  it("an old Node is told in one line which one it takes", async () => {
    const { migrator } = await open(kinds[0] as Kind);
    const { code, stderr } = await migrator(["up"], path.join(homes.old ?? "", "node_modules/node/bin/node"));
    expect([code, stderr.trim().split("\n")]).toEqual([2, [expect.stringMatching(/needs Node.js 22\.18 or newer/)]]);
  });

  it.each([
    ["an enum", "src/kind.ts", `export enum Kind { Poet = "poet" }\n`, /enum.*kind\.ts:1/s],
    [
      "a decorator",
      "src/kind.ts",
      "const Poet = (Class: unknown) => Class;\n@Poet\nexport class Kind {}\n",
      /Invalid or unexpected token/,
    ],
    ["an import without its ending", "src/kind.ts", `export { Kind } from "./other";\n`, /src\/other' imported from/],
  ])("%s without a loader is refused with the place and the way out", async (_, file, text, says) => {
    const kind = kinds[0] as Kind;
    const config = `import { Kind } from "./kind.ts";\n${kind.files["src/mikro-orm.config.ts"]}console.log(Kind);\n`;
    const { migrator } = await open({
      ...kind,
      files: { ...kind.files, [file]: text, "src/mikro-orm.config.ts": config },
    });
    const { code, stderr } = await migrator(["init"]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(says)]);
    expect(stderr).toContain("npm install --save-dev @swc-node/register");
  });

  it("a package.json that is broken is named", async () => {
    const kind = kinds[0] as Kind;
    const { migrator } = await open({ ...kind, files: { ...kind.files, "package.json": "{" } });
    expect(await migrator(["init"])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/package\.json cannot be read/),
    });
  });

  it("what no loader would help is refused without that advice", async () => {
    const kind = kinds[0] as Kind;
    const config = `import "no-such-package";\n`;
    const { migrator } = await open({ ...kind, files: { ...kind.files, "src/mikro-orm.config.ts": config } });
    const { code, stderr } = await migrator(["init"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("no-such-package")]);
    expect(stderr).not.toContain("swc");
  });
});

it("a program that embeds the engine installs little, and loads less", async () => {
  const home = await install((await packAll()).filter((file) => /thedata-(catalog|migrator)-/.test(file)));
  made.push(home);
  const dsn = await createDatabase(inject("postgresDsn"));
  onTestFinished(async () => await dropDatabase(inject("postgresDsn"), dsn));
  const installed = await readdir(path.join(home, "node_modules"));
  for (const name of ["elkjs", "fast-check", "@mikro-orm", "commander"]) expect(installed).not.toContain(name);
  await writeFiles(home, {
    "own.mjs": `import { createMigrator } from "@thedata/migrator";
import { readSchemaStatus } from "@thedata/migrator/status";
const migrator = createMigrator({ connection: process.argv[2], migrations: [{ name: "1_a", up: ["create table a (id int)"] }] });
const { outcome } = await migrator.up();
const error = await migrator.erd().catch(({ message }) => message);
console.log(JSON.stringify({ outcome, error, status: typeof readSchemaStatus }));\n`,
  });
  await cp(path.join(home, "own.mjs"), path.join(home, "again.mjs"));
  const { stdout, stderr } = await run(home, process.execPath, ["own.mjs", dsn]);
  expect([stderr, JSON.parse(stdout)]).toEqual([
    "",
    { outcome: "applied", error: expect.stringContaining("npm install @thedata/erd"), status: "function" },
  ]);
});

describe("releases of models", () => {
  const models = (more: string) => `import { defineEntity, p } from "@mikro-orm/postgresql";
export const User = defineEntity({ name: "User", tableName: "users",
  properties: { id: p.integer().primary(), name: p.string()${more} } });
`;
  const files = {
    "package.json": `{ "name": "@shop/models", "version": "1.0.0", "type": "module" }`,
    "user.js": models(""),
    "migrations/.keep": "",
    "migrator.config.js": `export default { migrations: "migrations", dsn: process.env.TEST_DSN,
      models: async () => ({ entities: [(await import("./user.js")).User] }),
      releases: { package: "package.json", contract: "contract.json", folder: "releases" } };`,
  };

  it("that were made with two versions of MikroORM are judged together", async () => {
    const first = await open({ ...(kinds[0] as Kind), with: "swc", files });
    expect(await first.migrator(["create", "users"])).toMatchObject({ code: 0 });
    expect(await first.migrator(["contract", "--freeze"])).toMatchObject(well);
    // The same project, where the newer MikroORM is installed.
    const second = await open({ ...(kinds[0] as Kind), with: "nothing", files: {} });
    await cp(first.folder, second.folder, { recursive: true });
    await writeFiles(second.folder, {
      "user.js": models(`, nick: p.string().nullable()`),
      "package.json": files["package.json"].replace("1.0.0", "1.1.0"),
    });
    expect(await second.migrator(["create", "nick"])).toMatchObject({ code: 0 });
    expect(await second.migrator(["contract", "--freeze"])).toMatchObject(well);
    expect(await second.migrator(["check", "--fix"])).toMatchObject(well);
    const orms = ["1.0.0", "1.1.0"].map(async (version) => {
      const text = await readFile(path.join(second.folder, `releases/models@${version}.json`), "utf8");
      return (JSON.parse(text) as { orm: string }).orm;
    });
    expect(await Promise.all(orms)).toEqual(["7.2.0", "7.2.1"]);
    const { code, stdout } = await second.migrator(["compat"]);
    expect(stdout).toMatch(/models@1\.0\.0 +models@1\.1\.0\n.*_users +works +breaks\n.*_nick +works +works\n/);
    expect(code).toBe(0);
    expect(await second.migrator(["up"])).toMatchObject({ code: 0 });
  });
});
