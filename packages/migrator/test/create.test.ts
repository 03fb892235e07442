import type { OrmOptions } from "../src/execute/orm-options.ts";
import { defineEntity, p } from "@mikro-orm/core";
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, inject, it } from "vitest";
import { compareCatalogs, readCatalog } from "@thedata/catalog";
import { checkProject } from "../src/commands/check.ts";
import { compareModels } from "../src/models/compare-models.ts";
import { connect } from "../src/postgres/connection.ts";
import { create, rewriteManifest } from "../src/commands/create.ts";
import { ConfigurationError } from "../src/errors.ts";
import { discover } from "../src/history/folder.ts";
import { buildManifest, manifestFile } from "../src/history/manifest.ts";
import { down, up } from "../src/commands/up-and-down.ts";
import { addFiles, contextOf, emptyDatabase, folderOf, tablesOf } from "./support.ts";
import { scopeOf } from "../src/ledger/catalog-scope.ts";

/** A default with everything that a template string or a split of statements could stumble over. */
const label = "'it''s \\ `${here}`;\nnew'::character varying";
const Shelf = defineEntity({
  name: "Shelf",
  tableName: "shelves",
  properties: { id: p.integer().primary(), label: p.string().defaultRaw(label) },
});
const Book = defineEntity({
  name: "Book",
  tableName: "books",
  properties: {
    id: p.integer().primary(),
    title: p.string(),
    kind: p.enum(["novel", "poem"]).default("novel"),
    shelf: () => p.manyToOne(Shelf).deleteRule("cascade"),
  },
  indexes: [{ name: "idx_books_title", properties: "title" }],
});

const shelves: OrmOptions = { entities: [Shelf] };
const library: OrmOptions = { entities: [Shelf, Book] };
const shadow = () => ({ servers: [inject("postgresDsn")] });

/** The engine's context without a database, as `create` and `check` run in CI. */
const project = (folder: string, ormOptions?: OrmOptions) => contextOf("", folder, { ormOptions });

describe("create", () => {
  it("writes a migration and the manifest that bring a database to the models and back", async () => {
    const folder = await folderOf({});
    const context = project(folder, library);
    const created = await create(context, { name: "Add the library", shadow: shadow() });
    expect(created.name).toMatch(/^Migration\d{14}_add_the_library$/);
    expect(await readdir(folder)).toEqual([`${created.name}.ts`, manifestFile]);
    expect(await readFile(path.join(folder, `${created.name}.ts`), "utf8")).toBe(created.code);

    const { dsn, sql } = await emptyDatabase();
    const runner = contextOf(dsn, folder);
    expect((await up(runner)).outcome).toBe("applied");
    expect(await compareModels(library, dsn, runner.ledger)).toMatchObject({ up: [], down: [] });
    expect(await sql("insert into shelves (id) values (1) returning label")).toEqual([
      { label: "it's \\ `${here}`;\nnew" },
    ]);
    expect((await down(runner)).outcome).toBe("reverted");
    expect(await tablesOf(sql)).toEqual(["mikro_orm_migrations"]);
  });

  it("writes only the difference the next time, behind what is there, and its down restores it", async () => {
    const folder = await folderOf({});
    const first = await create(project(folder, shelves), { name: "shelves", shadow: shadow() });
    const second = await create(project(folder, library), { name: "books", shadow: shadow() });
    expect(second.statements.join()).not.toContain(`create table "shelves"`);
    expect((second.name ?? "") > (first.name ?? "")).toBe(true);
    const { dsn } = await emptyDatabase();
    const runner = contextOf(dsn, folder);
    await up(runner);
    await down(runner);
    expect(await compareModels(shelves, dsn, runner.ledger)).toMatchObject({ up: [], down: [] });
  });

  it("has nothing to write when models and migrations are equal", async () => {
    const folder = await folderOf({});
    await create(project(folder, library), { name: "library", shadow: shadow() });
    const before = await readdir(folder);
    const again = await create(project(folder, library), { name: "again", shadow: shadow() });
    expect(again).toMatchObject({
      name: null,
      file: null,
      code: null,
      statements: [],
      renames: [],
      warnings: [],
      irreversible: null,
    });
    expect(await readdir(folder)).toEqual(before);
  });

  it("writes nothing in a dry run", async () => {
    const folder = await folderOf({});
    const created = await create(project(folder, library), { name: "library", dryRun: true, shadow: shadow() });
    expect(created.code).toContain(`create table "books"`);
    expect(await readdir(folder)).toEqual([]);
  });

  it("writes a down that restores what MikroORM knows nothing of", async () => {
    const folder = await folderOf({
      Migration20240101000000_by_hand: {
        up: [
          "create table shelves (id int primary key, label varchar(255) not null default 'it', room text, place text)",
          "create statistics spots on room, place from shelves",
          "alter table shelves alter column room set storage external",
          "create view rooms as select 1 as one",
          "comment on column shelves.room is 'where it stands'",
          "alter table shelves add exclude using btree (room with =) where (place is not null)",
        ],
        down: [],
      },
    });
    const ormOptions = { entities: [Shelf] };
    const { warnings, code } = await create(project(folder, ormOptions), { name: "less", shadow: shadow() });
    expect(warnings.map(({ message }) => message)).toEqual([
      "drops shelves.room and its data",
      "drops shelves.place and its data",
    ]);
    expect(code).toMatch(/down\(\).*create statistics/is);
    const { dsn } = await emptyDatabase();
    const runner = contextOf(dsn, folder);
    const connection = await connect(dsn, "test");
    await up(runner, { steps: 1 });
    const before = await readCatalog(connection.query, scopeOf(runner.ledger));
    await up(runner);
    expect((await down(runner)).outcome).toBe("reverted");
    expect(compareCatalogs(before, await readCatalog(connection.query, scopeOf(runner.ledger)))).toEqual([]);
    await connection.close();
  });

  it("refuses what PostgreSQL does not take, such as a default that MikroORM does not quote, and writes nothing", async () => {
    const Note = defineEntity({
      name: "Note",
      properties: { id: p.integer().primary(), text: p.text().default("it's") },
    });
    const folder = await folderOf({});
    const creating = create(project(folder, { entities: [Note, Shelf] }), { name: "notes", shadow: shadow() });
    await expect(creating).rejects.toMatchObject({
      code: "refused",
      message: expect.stringMatching(/create table "note".*syntax error.*--blank/s),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it("writes a blank migration without models and without a server", async () => {
    const folder = await folderOf({});
    const created = await create(project(folder), { name: "by hand", blank: true, shadow: { servers: [] } });
    expect(created.statements).toEqual([]);
    expect((await discover(folder)).manifest?.migrations.map(({ name }) => name)).toEqual([created.name]);
  });

  it("writes a blank migration that check refuses until both ways are written, or said to do nothing", async () => {
    const folder = await folderOf({});
    const { name, file, code } = await create(project(folder), { name: "x", blank: true, shadow: { servers: [] } });
    const check = async (text: string) => {
      await writeFile(file ?? "", text);
      await rewriteManifest(folder);
      const { problems } = await checkProject(project(folder), { servers: [] });
      return problems.map(({ code, migration, message, line }) => [code, migration, line, message]);
    };
    const text = code ?? "";
    expect(await check(text)).toEqual([
      ["empty", name, 6, expect.stringContaining('declare "@noop up" in a comment')],
      ["empty", name, 10, expect.stringContaining('declare "@noop down" in a comment')],
    ]);
    const half = text.replace("// this.addSql(`...`)", "this.addSql(`select 1`)");
    expect(await check(half)).toEqual([["empty", name, 10, expect.any(String)]]);
    expect(await check(half.replace("// this.addSql(`...`)", "// @noop down: it only looks"))).toEqual([]);
    expect(await check(half.replace("// this.addSql(`...`)", "this.addSql(`select 2`)"))).toEqual([]);
  });

  it("leaves a folder that has migrations but no manifest without one", async () => {
    const folder = await folderOf({ Migration20240101000000_old: { up: ["select 1"] } });
    await create(project(folder), { name: "new", blank: true, shadow: { servers: [] } });
    expect(await readdir(folder)).not.toContain(manifestFile);
  });

  it("gives a time stamp behind the last one, though its clock was wrong", async () => {
    const folder = await folderOf({ Migration29990101000000_future: {} });
    const { name } = await create(project(folder), { name: "now", blank: true, shadow: { servers: [] } });
    expect(name).toBe("Migration29990101000001_now");
  });

  it.each(["", "  ", "---", "用", "x".repeat(101)])(`refuses "%s" as a name`, async (name) => {
    const creating = create(project(await folderOf({})), { name, blank: true, shadow: { servers: [] } });
    await expect(creating).rejects.toThrow(ConfigurationError);
  });

  it.each([
    ["addWidgets", "add_widgets"],
    ["add widgets!", "add_widgets"],
    ["__Add--Widgets__2", "add_widgets_2"],
  ])("turns %s into %s", async (given, words) => {
    const { name } = await create(project(await folderOf({})), { name: given, blank: true, shadow: { servers: [] } });
    expect(name?.replace(/^Migration\d{14}_/, "")).toBe(words);
  });

  it("refuses to compare without models", async () => {
    const creating = create(project(await folderOf({})), { name: "x", shadow: shadow() });
    await expect(creating).rejects.toThrow("no models are configured");
  });

  it("fails where the migrations themselves do not apply, and writes nothing", async () => {
    const folder = await folderOf({ Migration20240101000000_broken: { up: ["select 1/0"] } });
    const creating = create(project(folder, library), { name: "x", shadow: shadow() });
    await expect(creating).rejects.toMatchObject({ code: "failed", migration: "Migration20240101000000_broken" });
    expect(await readdir(folder)).toHaveLength(1);
  });
});

describe("checkProject", () => {
  const name = "Migration20240101000000_a";
  const sound = { up: ["create table a (id int)"], down: ["drop table a"] };
  const source = (text: string) => `import { Migration } from "@mikro-orm/migrations";\n${text}`;
  const codes = async (folder: string) =>
    (await checkProject(project(folder), { servers: [] })).problems.map(({ code, migration }) => [code, migration]);

  it("finds nothing in a sound folder, and compares nothing without models", async () => {
    const folder = await folderOf({ [name]: sound });
    await rewriteManifest(folder);
    expect(await checkProject(project(folder), { servers: [] })).toMatchObject({
      outcome: "ok",
      problems: [],
      differences: null,
    });
  });

  it("finds models and migrations equal or not", async () => {
    const folder = await folderOf({});
    await create(project(folder, shelves), { name: "shelves", shadow: shadow() });
    expect(await checkProject(project(folder, shelves), shadow())).toMatchObject({
      outcome: "ok",
      problems: [],
      differences: [],
    });
    const { outcome, differences } = await checkProject(project(folder, library), shadow());
    expect(outcome).toBe("refused");
    expect(differences?.join()).toContain(`create table "books"`);
  });

  it.each([
    {
      rule: "the name of the file",
      file: "Migration2024_a.ts",
      text: source(
        "export class Migration2024_a extends Migration { up() { this.addSql('a'); } down() { this.addSql('b'); } }",
      ),
      found: [["name", "Migration2024_a"]],
    },
    {
      rule: "capitals in the name",
      file: "Migration20240101000000_A.ts",
      text: source(
        "export class Migration20240101000000_A extends Migration { up() { this.addSql('a'); } down() { this.addSql('b'); } }",
      ),
      found: [["name", "Migration20240101000000_A"]],
    },
    {
      rule: "the name of the class",
      file: `${name}.ts`,
      text: source("export class Other extends Migration { up() { this.addSql('a'); } down() { this.addSql('b'); } }"),
      found: [["name", name]],
    },
    {
      rule: "an import of other code",
      file: `${name}.ts`,
      text: source(
        `import "node:os";\nexport class ${name} extends Migration { up() { this.addSql('a'); } down() { this.addSql('b'); } }`,
      ),
      found: [["import", name]],
    },
    {
      rule: "a dynamic import",
      file: `${name}.ts`,
      text: source(
        `export class ${name} extends Migration { up() { this.addSql('a'); } down() { this.addSql('b'); void import("node:fs"); } }`,
      ),
      found: [["import", name]],
    },
    {
      rule: "a down that is not there",
      file: `${name}.ts`,
      text: source(`export class ${name} extends Migration { up() { this.addSql('a'); } }`),
      found: [["no-down", name]],
    },
  ])("holds to its rule about $rule", async ({ file, text, found }) => {
    const folder = await folderOf({ [file]: text });
    await rewriteManifest(folder);
    expect(await codes(folder)).toEqual(found);
  });

  it("allows a down that throws its reason, and imports of MikroORM", async () => {
    const text = source(
      `import "@mikro-orm/core";\nexport class ${name} extends Migration { up() { this.addSql('a'); } down() { throw new Error("gone"); } }`,
    );
    const folder = await folderOf({ [`${name}.ts`]: text.replace("@mikro-orm/core", "@mikro-orm/migrations") });
    await rewriteManifest(folder);
    expect(await codes(folder)).toEqual([]);
  });

  it("refuses two migrations of one time stamp", async () => {
    const folder = await folderOf({ [name]: sound, Migration20240101000000_b: sound });
    await rewriteManifest(folder);
    expect(await codes(folder)).toEqual([["name", "Migration20240101000000_b"]]);
  });

  it("holds a folder without a manifest to none of them", async () => {
    expect(
      await codes(await folderOf({ "001_anything.ts": source("export class Any extends Migration { up() {} }") })),
    ).toEqual([]);
  });

  it("finds a manifest that does not fit the files", async () => {
    const folder = await folderOf({ [name]: sound });
    await addFiles(folder, { [manifestFile]: JSON.stringify(buildManifest([{ name, checksum: "another" }])) });
    expect(await codes(folder)).toEqual([["changed", name]]);
    expect(await rewriteManifest(folder)).toBe(1);
    expect(await codes(folder)).toEqual([]);
  });
});
