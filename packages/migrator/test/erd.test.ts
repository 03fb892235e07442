import { readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { startPostgres } from "@thedata/dev-postgres";
import { XMLValidator } from "fast-xml-parser";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { checkProject } from "../src/commands/check.ts";
import { rewriteManifest } from "../src/commands/create.ts";
import { erd } from "../src/commands/erd.ts";
import { contextOf, folderOf, type Steps, temporaryFolder } from "./support.ts";

const shadow = () => ({ servers: [inject("postgresDsn")] });
const name = "Migration20240101000000_a";

/** A project's folder of one migration, and the engine's context for it. */
async function project(...up: string[]) {
  const steps: Steps = { up, down: ["select 1"] };
  const folder = await folderOf({ [name]: steps });
  await rewriteManifest(folder);
  return contextOf("", folder);
}

const everything = [
  `create schema sales`,
  `create type sales."Odd <type>" as enum ('a')`,
  `create table "Odd ""<na&me>""" (id int primary key, "x y" sales."Odd <type>", parent int references "Odd ""<na&me>""" on delete cascade)`,
  `create table sales.orders (region text, number int, primary key (region, number))`,
  `create table sales.lines (region text not null, number int, position int not null, constraint once unique (region, number),
     foreign key (region, number) references sales.orders (region, number) on delete set null (number))`,
  `create table empty ()`,
  `create table events (id bigint generated always as identity, at timestamptz not null, primary key (id, at)) partition by range (at)`,
  `create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01')`,
];

describe("erd", () => {
  it("shows composite keys, references to itself, schemas and odd names", async () => {
    const { diagram, text } = await erd(await project(...everything), { shadow: shadow() });
    expect(XMLValidator.validate(text)).toBe(true);
    expect(diagram.areas.map(({ name }) => name)).toEqual(["public", "sales"]);
    expect(diagram.tables.map((table) => table.name)).toEqual([
      `Odd "<na&me>"`,
      "empty",
      "events",
      "sales.lines",
      "sales.orders",
    ]);
    expect(diagram.tables[0]?.columns.map(({ name, type }) => [name, type])).toEqual([
      ["id", "integer"],
      ["x y", `sales."Odd <type>"`],
      ["parent", "integer"],
    ]);
    expect(diagram.relations).toMatchObject([
      { from: `Odd "<na&me>"`, to: `Odd "<na&me>"`, columns: ["parent"], optional: true, onDelete: "cascade" },
      {
        from: "sales.lines",
        to: "sales.orders",
        columns: ["region", "number"],
        referencedColumns: ["region", "number"],
        cardinality: "one-to-one",
        optional: true,
        onDelete: "set null",
      },
    ]);
  });

  it("draws a schema without tables, and neither the ledger nor the audit", async () => {
    const context = await project("select 1");
    expect((await erd(context, { shadow: shadow() })).diagram.tables).toEqual([]);
    expect((await erd(context, { shadow: shadow(), format: "mermaid" })).text).toBe("erDiagram\n");
  });

  it("writes the file that it is given, by its ending", async () => {
    const context = await project("create table a (id int)");
    const file = path.join(await temporaryFolder(), "schema.md");
    const { format, text } = await erd(context, { shadow: shadow(), file });
    expect(format).toBe("markdown");
    expect(await readFile(file, "utf8")).toBe(text);
    expect(text).toContain('```mermaid\nerDiagram\n  a {\n    integer id "null"\n  }\n```\n');
  });

  it.each(["schema.png", "schema"])("refuses %s before it asks for a server", async (file) => {
    const drawing = erd(await project("select 1"), { shadow: { servers: [] }, file });
    await expect(drawing).rejects.toMatchObject({ code: "configuration" });
  });

  it("says where it cannot write", async () => {
    const context = await project("create table a (id int)");
    const drawing = erd(context, { shadow: shadow(), file: path.join(context.directory, `${name}.ts`, "schema.svg") });
    await expect(drawing).rejects.toMatchObject({ code: "configuration" });
  });

  it("refuses a folder that is not there before it asks for a server, and makes none", async () => {
    const folder = path.join(await temporaryFolder(), "nope");
    const drawing = erd(await project("select 1"), { shadow: { servers: [] }, file: path.join(folder, "x.svg") });
    await expect(drawing).rejects.toMatchObject({
      code: "configuration",
      message: expect.stringContaining(`There is no folder ${folder} for the picture`),
    });
    await expect(stat(folder)).rejects.toThrow("ENOENT");
  });

  it("refuses areas that name what is not there", async () => {
    const drawing = erd(await project("create table a (id int)"), { shadow: shadow(), areas: { All: ["b"] } });
    await expect(drawing).rejects.toMatchObject({ code: "configuration" });
  });

  it("draws the same on every version of PostgreSQL", { timeout: 120_000 }, async () => {
    const context = await project(...everything);
    const drawn: string[] = [];
    for (const version of [15, 18] as const) {
      const server = await startPostgres({ version, source: "embedded" });
      onTestFinished(async () => await server.stop());
      for (const format of ["svg", "mermaid"] as const)
        drawn.push((await erd(context, { shadow: { servers: [server.dsn] }, format })).text);
    }
    expect(drawn.slice(0, 2)).toEqual(drawn.slice(2));
  });
});

describe("check with a picture", () => {
  it("finds it missing, writes it with fix, and finds it current until the schema changes", async () => {
    const context = await project("create table a (id int)");
    const picture = { file: path.join(await temporaryFolder(), "docs", "schema.svg") };
    const check = async (fix = false) => await checkProject(context, shadow(), { picture, fix });
    const problem = { code: "picture", migration: null, file: picture.file, line: 1 };
    expect(await check()).toMatchObject({ outcome: "refused", picture: "missing", problems: [problem] });
    expect(await check(true)).toMatchObject({ outcome: "ok", picture: "written", problems: [] });
    const { mtimeMs } = await stat(picture.file);
    expect(await check(true)).toMatchObject({ outcome: "ok", picture: "current" });
    expect((await stat(picture.file)).mtimeMs).toBe(mtimeMs);

    const text = await readFile(picture.file, "utf8");
    await writeFile(picture.file, text.replaceAll("\n", "\r\n"));
    expect(await check()).toMatchObject({ outcome: "ok", picture: "current" });
    await writeFile(picture.file, text.replace("integer", "bigint"));
    const stale = await check();
    expect(stale).toMatchObject({ outcome: "refused", picture: "stale", problems: [problem] });
    expect(stale.problems[0]?.message).toContain(`"migrator check --fix"`);
  });

  it("does not draw what a broken history would make", async () => {
    const context = await project("create table a (id int)");
    await writeFile(
      path.join(context.directory, "Migration20240102000000_b.ts"),
      await readFile(path.join(context.directory, `${name}.ts`), "utf8"),
    );
    const picture = { file: path.join(context.directory, "schema.svg") };
    const found = await checkProject(context, { servers: [] }, { picture, fix: true });
    expect(found).toMatchObject({ outcome: "refused", picture: null });
    await expect(stat(picture.file)).rejects.toThrow("ENOENT");
  });
});

describe("the place of a problem", () => {
  it("is its entry in the manifest, its migration's file, or the line in it", async () => {
    const { directory } = await project("select 1");
    const manifest = path.join(directory, "manifest.json");
    await writeFile(manifest, (await readFile(manifest, "utf8")).replace(/("checksum": ")./, "$1x"));
    await writeFile(
      path.join(directory, "Migration20240102000000_b.ts"),
      `import { Migration } from "@mikro-orm/migrations";\nimport "node:os";\nexport class Migration20240102000000_b extends Migration { up() { this.addSql("a"); } }\n`,
    );
    const { problems } = await checkProject(contextOf("", directory), { servers: [] });
    const places = problems.map(({ code, file, line }) => [code, path.basename(file ?? ""), line]);
    expect(places).toEqual([
      ["changed", "manifest.json", 5],
      ["changed", "Migration20240102000000_b.ts", 1],
      ["changed", "manifest.json", 5],
      ["import", "Migration20240102000000_b.ts", 2],
      ["no-down", "Migration20240102000000_b.ts", 3],
    ]);
  });
});
