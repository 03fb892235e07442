import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, inject, it } from "vitest";
import { folderOf, migration, run, runJson, twoTables } from "./support.ts";

const shadow = () => ["--shadow-dsn", inject("postgresDsn")];
const files = Object.fromEntries(Object.entries(twoTables).map(([name, text]) => [`migrations/${name}`, text]));
const config = (rest: string) => `export default { migrations: "migrations", ${rest} };`;

describe("erd", () => {
  it("draws on standard output, and neither --quiet nor a missing database hinders it", async () => {
    const cwd = await folderOf({ ...files, "migrator.config.ts": config(`areas: { First: ["a"] }`) });
    const [svg, mermaid] = await Promise.all([
      run(["erd", "--quiet", ...shadow()], { cwd }),
      run(["erd", "--format", "mermaid", ...shadow()], { cwd }),
    ]);
    expect(svg).toMatchObject({ code: 0, stderr: "" });
    expect(svg.stdout).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(mermaid.stdout).toBe(
      `erDiagram\n  %% First\n  a {\n    integer id "null"\n  }\n  %% Other tables\n  b {\n    integer id "null"\n  }\n`,
    );
  });

  it("writes a file and tells what is on it", async () => {
    const cwd = await folderOf({ ...files, "docs/README.md": "" });
    const args = ["erd", "--migrations", "migrations", "--out", "docs/schema.svg", ...shadow()];
    expect(await run(args, { cwd })).toEqual({
      code: 0,
      stderr: "",
      stdout: "Drew 2 tables and 0 relations: docs/schema.svg\n",
    });
    expect(await readFile(path.join(cwd, "docs/schema.svg"), "utf8")).toContain("<svg");
    const { document } = await runJson(args, { cwd });
    expect(document).toMatchObject({
      file: path.join(cwd, "docs/schema.svg"),
      format: "svg",
      tables: [{ name: "a" }, { name: "b" }],
      relations: [],
    });
  });

  it.each([
    ["an ending that it does not know", ["--out", "schema.png"], "", `"schema.png" ends in none of .svg`],
    ["a folder that is not there", ["--out", "nope/a.svg"], "", "There is no folder "],
    ["a format beside a file", ["--out", "a.svg", "--format", "svg"], "", "cannot be used with"],
    ["areas that are none", [], "areas: { A: 'a' }", `"areas" in the configuration takes lists`],
    ["areas of what is not there", [], "areas: { A: ['aa'] }", "is a meant?"],
  ])("refuses %s", async (_, args, rest, message) => {
    const cwd = await folderOf({ ...files, "migrator.config.ts": config(rest) });
    const { code, stdout, stderr } = await run(["erd", ...args, ...shadow()], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});

describe("check", () => {
  it("keeps the configured picture current", async () => {
    const cwd = await folderOf({ ...files, "migrator.config.ts": config(`picture: "docs/schema.svg"`) });
    const missing = await runJson(["check", ...shadow()], { cwd });
    expect(missing).toMatchObject({
      code: 3,
      document: {
        outcome: "refused",
        picture: "missing",
        problems: [{ code: "picture", file: "docs/schema.svg", line: 1 }],
      },
    });
    expect((await run(["check", "--fix", ...shadow()], { cwd })).stdout).toContain(
      "Drew the picture: docs/schema.svg.",
    );
    expect(await runJson(["check", ...shadow()], { cwd })).toMatchObject({ code: 0, document: { picture: "current" } });
  });

  it("says what is wrong with the picture's areas beside everything else", async () => {
    const models = path.resolve(import.meta.dirname, "../../models/src/index.ts");
    const settings = `models: async () => (await import(${JSON.stringify(models)})).ormOptions`;
    const cwd = await folderOf({
      ...files,
      "migrator.config.ts": config(`picture: "schema.svg", areas: { A: ["gone"] }, ${settings}`),
    });
    await run(["check", "--fix", ...shadow()], { cwd });
    const { code, document } = await runJson(["check", ...shadow()], { cwd });
    expect(code).toBe(3);
    expect(document).toMatchObject({
      problems: [{ code: "picture", message: expect.stringContaining(`names the table "gone"`) }],
      differences: expect.arrayContaining([expect.stringContaining(`create table "users"`)]),
    });
  });

  it("names models that MikroORM does not take", async () => {
    const cwd = await folderOf({ ...files, "migrator.config.ts": config("models: async () => ({ entities: [] })") });
    await run(["check", "--fix", ...shadow()], { cwd });
    const { code, stderr } = await run(["check", ...shadow()], { cwd });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining("error: MikroORM rejects the models: No entities"),
    });
  });

  it("misses the manifest that stands beside models, and says without models what it did not look at", async () => {
    const cwd = await folderOf({ ...files, "migrator.config.ts": config("models: async () => ({ entities: [] })") });
    const { code, document } = await runJson(["check", ...shadow()], { cwd });
    expect(code).toBe(3);
    expect(document).toMatchObject({
      problems: [{ code: "missing", message: expect.stringContaining("check --fix") }],
    });
    const bare = await folderOf(files);
    const { stdout } = await run(["check", "--migrations", "migrations"], { cwd: bare });
    expect(stdout).toMatch(/has no manifest\.json.*\nNo models are configured.*"migrator verify"/);
  });

  it.each([`picture: 5`, `picture: ""`, `picture: "schema.png"`])("refuses %s", async (rest) => {
    const cwd = await folderOf({ ...files, "migrator.config.ts": config(rest) });
    expect((await run(["check", ...shadow()], { cwd })).code).toBe(2);
  });
});

describe("check on GitHub", () => {
  const name = "Migration20240103000000_c";
  const bad = { [`migrations/${name}.ts`]: `import "node:os";\n${migration(name, "select 1")}` };
  const env = { GITHUB_ACTIONS: "true" };

  it("annotates each problem at its file and line, beside its normal lines", async () => {
    const cwd = await folderOf({ ...files, ...bad });
    const args = ["check", "--migrations", "migrations", ...shadow()];
    await run([...args, "--fix"], { cwd });
    const { code, stdout } = await run(args, { cwd, env });
    expect(code).toBe(3);
    expect(stdout).toContain(`import: ${name} imports "node:os"`);
    expect(stdout).toContain(
      `\n::error file=migrations/${name}.ts,line=1,title=migrator check%3A import::${name} imports`,
    );
    expect(stdout).toContain(
      `\n::error file=migrations/${name}.ts,line=3,title=migrator check%3A no-down::${name} has no down`,
    );
  });

  it("annotates nothing elsewhere, with --json, or where all is well", async () => {
    const cwd = await folderOf({ ...files, ...bad });
    const args = ["check", "--migrations", "migrations", ...shadow()];
    await run([...args, "--fix"], { cwd });
    expect((await run(args, { cwd })).stdout).not.toContain("::error");
    const { document } = await runJson(args, { cwd, env: { ...env, GITHUB_WORKSPACE: path.dirname(cwd) } });
    const file = `${path.basename(cwd)}/migrations/${name}.ts`;
    expect(document).toMatchObject({
      problems: [
        { code: "import", file, line: 1 },
        { code: "no-down", file, line: 3 },
      ],
    });
    const sound = await folderOf(files);
    expect((await run(args, { cwd: sound, env })).stdout).not.toContain("::error");
  });

  it("annotates a migration that fails", async () => {
    const failing = await folderOf({
      ...files,
      [`migrations/${name}.ts`]: migration(name, "select 1/0", "select 1"),
      "migrator.config.ts": config(`models: async () => ({ entities: [] })`),
    });
    await run(["check", "--fix", ...shadow()], { cwd: failing });
    const { code, stdout } = await run(["check", ...shadow()], { cwd: failing, env });
    expect(code).toBe(5);
    expect(stdout).toContain(`::error file=migrations/${name}.ts,line=1,title=migrator%3A failed::`);
  });

  it("annotates what the models want at the end of the history", async () => {
    const models = path.resolve(import.meta.dirname, "../../models/src/index.ts");
    const settings = config(`models: async () => (await import(${JSON.stringify(models)})).ormOptions`);
    const cwd = await folderOf({ ...files, "migrator.config.ts": settings });
    await run(["check", "--fix", ...shadow()], { cwd });
    const { code, stdout } = await run(["check", ...shadow()], { cwd, env });
    expect(code).toBe(3);
    expect(stdout).toMatch(
      /^::error file=migrations\/manifest\.json,line=1,title=migrator check%3A models::.*create table "users"/m,
    );
  });
});
