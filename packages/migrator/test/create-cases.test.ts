import type { OrmOptions } from "../src/execute/orm-options.ts";
import { defineEntity, p } from "@mikro-orm/core";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, inject, it } from "vitest";
import { checkProject } from "../src/commands/check.ts";
import { create } from "../src/commands/create.ts";
import { diff } from "../src/commands/diff.ts";
import { down, up } from "../src/commands/up-and-down.ts";
import { addFiles, contextOf, emptyDatabase, folderOf } from "./support.ts";

const shadow = () => ({ servers: [inject("postgresDsn")] });
const entity = (tableName: string, properties: object, more: object = {}): unknown =>
  defineEntity({ name: tableName, tableName, properties, ...more } as never);
const things = (properties: object, more: object = {}): OrmOptions => ({
  entities: [entity("things", { id: p.integer().primary(), ...properties }, more)],
});
const project = (folder: string, ormOptions: OrmOptions) => contextOf("", folder, { ormOptions });

/** A folder at the models `before`, and a database at it. */
const start = async (before: OrmOptions) => {
  const folder = await folderOf({});
  await create(project(folder, before), { name: "before", shadow: shadow() });
  const database = await emptyDatabase();
  const runner = contextOf(database.dsn, folder);
  expect((await up(runner)).error).toBeNull();
  return { ...database, folder, runner };
};
const change = async (folder: string, after: OrmOptions, renames: readonly string[] = []) => {
  const created = await create(project(folder, after), {
    direct: true,
    name: "after",
    shadow: shadow(),
    renames,
    decide: async () => null,
  });
  expect(await checkProject(project(folder, after), shadow())).toMatchObject({ outcome: "ok", differences: [] });
  return created;
};

describe("create, where the primary key's column has another name", () => {
  const [before, after] = [
    { entities: [entity("logs", { id: p.integer().primary(), line: p.text() })] },
    { entities: [entity("logs", { key: p.integer().primary(), line: p.text() })] },
  ];

  it("renames it", async () => {
    const { folder, runner, sql } = await start(before);
    await sql("insert into logs (id, line) values (7, 'x')");
    const { statements } = await change(folder, after, ["logs.id=key"]);
    expect(statements).toEqual(["alter table logs rename column id to key"]);
    await up(runner);
    expect(await sql("select * from logs")).toEqual([{ key: 7, line: "x" }]);
    expect(await down(runner)).toMatchObject({ outcome: "reverted", error: null });
  });

  it("or drops it and adds another one, with one primary key", async () => {
    const { folder, runner, sql } = await start(before);
    await sql("insert into logs (id, line) values (7, 'x')");
    await change(folder, after);
    await up(runner);
    expect(await sql("select * from logs")).toEqual([{ line: "x", key: 1 }]);
    expect(await down(runner)).toMatchObject({ outcome: "reverted", error: null });
  });
});

describe("create, where an index comes", () => {
  it("keeps nobody waiting, there and back", async () => {
    const { folder, runner } = await start(things({ note: p.text() }));
    const after = project(folder, things({ note: p.text() }, { indexes: [{ name: "by_note", properties: ["note"] }] }));
    await create(after, { name: "after", shadow: shadow(), decide: async () => null });
    const [, file = ""] = await readdir(folder);
    const text = await readFile(path.join(folder, file), "utf8");
    expect(text).toMatch(/create index concurrently "?by_note/);
    expect(text).toMatch(/drop index concurrently (public\.)?"?by_note/);
    expect(await up(runner)).toMatchObject({ outcome: "applied", error: null });
    expect(await down(runner)).toMatchObject({ outcome: "reverted", error: null });
  });
});

describe("create, where PostgreSQL cuts a name", () => {
  const long = "ä".repeat(40);
  const note = { note: p.text() };
  const other = entity("others", { id: p.integer().primary() });

  it.each<[string, () => OrmOptions, (more: object) => OrmOptions]>(
    [
      [
        "a table",
        (more: object) => ({
          entities: [entity(`t${"x".repeat(70)}`, { id: p.integer().primary(), a: p.text().unique(), ...more })],
        }),
      ],
      ["a column", (more: object) => things({ [`c${long}`]: p.text(), ...more })],
      [
        "an index",
        (more: object) => things({ ...note, ...more }, { indexes: [{ name: `i${long}`, properties: ["note"] }] }),
      ],
      [
        "a unique constraint",
        (more: object) => things({ ...note, ...more }, { uniques: [{ name: `u${long}`, properties: ["note"] }] }),
      ],
      [
        "a check",
        (more: object) => things({ ...note, ...more }, { checks: [{ name: `k${long}`, expression: "note <> ''" }] }),
      ],
      [
        "a foreign key",
        (more: object) => ({
          entities: [
            other,
            entity("things", {
              id: p.integer().primary(),
              o: () => p.manyToOne(other as never).foreignKeyName(`f${long}`),
              ...more,
            }),
          ],
        }),
      ],
      ["an enum", (more: object) => things({ e: p.enum(["a"]).nativeEnumName(`e${long}`), ...more })],
    ].map(([what, make]) => {
      const models = make as (more: object) => OrmOptions;
      return [what as string, () => models({}), models];
    }),
  )("finds %s again, and changes nothing but what is new", async (_, before, after) => {
    const { folder } = await start(before());
    expect(await checkProject(project(folder, before()), shadow())).toMatchObject({ outcome: "ok", differences: [] });
    const { statements } = await change(folder, after({ more: p.text().nullable() }));
    expect(statements).toEqual([expect.stringMatching(/^alter table ".+" add "more" text null$/)]);
  });
});

describe("create, where the models are at fault", () => {
  it.each(["create", "check"])("names what MikroORM does not take: %s", async (command) => {
    const { folder } = await start(things({}));
    const files = await readdir(folder);
    const models = things({ note: p.text() }, { indexes: [{ name: "i", properties: ["note"], fillFactor: 150 }] });
    const running =
      command === "create"
        ? create(project(folder, models), { name: "x", shadow: shadow() })
        : checkProject(project(folder, models), shadow());
    await expect(running).rejects.toMatchObject({
      code: "configuration",
      message:
        "MikroORM cannot create a schema from the models: fillFactor must be between 0 and 100, got 150 for index 'i' on entity 'things'",
    });
    expect(await readdir(folder)).toEqual(files);
  });

  it.each([
    ["hstore", { note: p.text().columnType("hstore") }, {}, "create extension if not exists hstore"],
    ["uuid-ossp", { key: p.uuid().defaultRaw("uuid_generate_v4()") }, {}, `create extension if not exists "uuid-ossp"`],
    [
      "pg_trgm",
      { note: p.text() },
      { indexes: [{ name: "i", expression: "create index i on things using gin (note gin_trgm_ops)" }] },
      "create extension if not exists pg_trgm",
    ],
  ])("names the extension that lacks, and the way to it: %s", async (extension, properties, more, statement) => {
    const folder = await folderOf({});
    await expect(
      create(project(folder, things(properties, more)), { name: "x", shadow: shadow() }),
    ).rejects.toMatchObject({
      code: "refused",
      message: expect.stringMatching(
        new RegExp(
          `does not exist.*The extension ${extension} provides it: create the extension in a migration.*${statement}`,
        ),
      ),
    });
  });

  it("says where an extension must be installed first", async () => {
    const folder = await folderOf({});
    const creating = create(project(folder, things({ at: p.text().columnType("vector(3)") })), {
      name: "x",
      shadow: shadow(),
    });
    await expect(creating).rejects.toThrow(
      /The extension vector provides it.*The server of the shadow database does not have the extension vector: install it there, or name a server that has it by --shadow-dsn$/,
    );
    await addFiles(folder, {
      Migration20240101000000_e: { up: ["create extension vector"], down: ["drop extension vector"] },
    });
    await expect(
      checkProject(contextOf("", folder), shadow(), { picture: { file: `${folder}/x.svg` } }),
    ).rejects.toMatchObject({
      code: "configuration",
      message: expect.stringMatching(
        /Migration20240101000000_e .*does not have the extension vector: install it there/,
      ),
    });
  });
});

describe("a serial column's sequence", () => {
  const [before, after] = [things({}), { entities: [entity("things", { id: p.bigint("number").primary() })] }];

  it("belongs to what check and diff compare", async () => {
    const { folder } = await start(before);
    await addFiles(folder, {
      Migration29990101000000_wide: {
        up: ["alter table things alter id type bigint"],
        down: ["alter table things alter id type integer"],
      },
    });
    const statement = "alter sequence public.things_id_seq as bigint";
    const runner = contextOf("", folder, { ormOptions: after });
    expect((await checkProject(contextOf("", folder), shadow())).outcome).toBe("refused");
    expect((await diff(runner, shadow())).models).toMatchObject([{ kind: "sequence", statements: [statement] }]);
  });
});
