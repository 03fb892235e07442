import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { withDatabaseName } from "@thedata/dev-postgres";
import { afterAll, describe, expect, it } from "vitest";
import { checkProject } from "../src/commands/check.ts";
import { compat } from "../src/commands/compat.ts";
import { contract } from "../src/commands/contract.ts";
import { create } from "../src/commands/create.ts";
import { up } from "../src/commands/up-and-down.ts";
import { verdictsFile } from "../src/releases/verdicts.ts";
import {
  models,
  projectOf,
  type ReleasesProject,
  removeProjects,
  shadow,
  wholeHistory,
  databaseAt,
  edit,
} from "./releases-project.ts";
import { emptyDatabase } from "./support.ts";

afterAll(removeProjects);

describe("check", () => {
  it.each([
    [
      "an edited contract of a release",
      async ({ releases }: ReleasesProject) =>
        await edit(path.join(releases.folder, "models@1.0.0.json"), '"nullable":true', '"nullable":false'),
      /models@1\.0\.0\.json was changed after it was made/,
    ],
    [
      "an empty contract",
      async ({ releases }: ReleasesProject) =>
        await writeFile(
          path.join(releases.folder, "models@1.0.0.json"),
          JSON.stringify({
            format: 1,
            package: "@shop/models",
            version: "1.0.0",
            orm: "7",
            head: "Migration20260101000001_items",
            digest: "",
            seal: "",
            tables: [],
            statements: [],
            unrecorded: [],
            schema: [],
          }),
        ),
      /needs no table: an empty contract would fit every schema/,
    ],
    [
      "a newer format",
      async ({ releases }: ReleasesProject) =>
        await edit(path.join(releases.folder, "models@1.0.0.json"), '"format": 1', '"format": 2'),
      /has format 2, which this version does not know/,
    ],
    [
      "a path as version",
      async ({ releases }: ReleasesProject) =>
        await edit(path.join(releases.folder, "models@1.0.0.json"), '"version": "1.0.0"', '"version": "../1.0.0"'),
      /"\.\.\/1\.0\.0" is no version/,
    ],
    [
      "a contract of another package",
      async ({ releases }: ReleasesProject) =>
        await edit(
          path.join(releases.folder, "models@1.0.0.json"),
          '"package": "@shop/models"',
          '"package": "@other/models"',
        ),
      /changed after it was made|two packages/,
    ],
    [
      "a file that is no contract",
      async ({ releases }: ReleasesProject) => await writeFile(path.join(releases.folder, "models@0.9.0.json"), "{}"),
      /models@0\.9\.0\.json is no contract/,
    ],
    [
      "a contract under another release's name",
      async ({ releases }: ReleasesProject) =>
        await writeFile(
          path.join(releases.folder, "models@0.9.0.json"),
          await readFile(path.join(releases.folder, "models@1.0.0.json")),
        ),
      /name it models@1\.0\.0\.json/,
    ],
  ])("refuses %s by name", async (_, tamper, message) => {
    const project = await projectOf(wholeHistory.slice(0, 2));
    await tamper(project);
    await expect(checkProject(project.on(""), shadow)).rejects.toThrow(message);
    const { dsn } = await emptyDatabase();
    await expect(up(project.on(dsn))).rejects.toThrow(message);
  });

  it("refuses a release that is supported by name and has no contract", async () => {
    const project = await projectOf(wholeHistory.slice(0, 2));
    const releases = { ...project.releases, supported: ["0.5.0"] };
    await expect(compat(project.on(""), { shadow, releases })).rejects.toThrow(
      /names 0\.5\.0, which has no contract; there are 1\.0\.0, 1\.1\.0/,
    );
    await expect(compat(project.on(""), { shadow, releases: { ...releases, supported: "nonsense!" } })).rejects.toThrow(
      /takes "last 2"/,
    );
    await expect(compat(project.on(""), { shadow, releases: { ...releases, supported: ">=7" } })).rejects.toThrow(
      /"supported" is ">=7", which no release fits; there are 1\.0\.0, 1\.1\.0/,
    );
  });

  it("freezes no contract of a version that is none", async () => {
    const project = await projectOf(wholeHistory.slice(0, 2));
    await writeFile(
      path.join(project.folder, "package.json"),
      JSON.stringify({ name: "@shop/models", version: "one" }),
    );
    const before = await readdir(project.releases.folder);
    await expect(contract(project.on(""), { shadow, releases: project.releases, freeze: true })).rejects.toThrow(
      /"one" is no version/,
    );
    expect(await readdir(project.releases.folder)).toEqual(before);
  });

  it("refuses a second content for one version", async () => {
    const project = await projectOf(wholeHistory.slice(0, 2));
    await writeFile(
      path.join(project.folder, "package.json"),
      JSON.stringify({ name: "@shop/models", version: "1.0.0" }),
    );
    await expect(contract(project.on(""), { shadow, releases: project.releases, freeze: true })).rejects.toThrow(
      /has a contract already, and it is another one/,
    );
    const { dsn, sql } = await databaseAt(project, "Migration20260101000001_items");
    await up(project.on(dsn));
    await sql("update mikro_orm_migrations_releases set digest = 'other' where version = '1.0.0'");
    await sql("delete from mikro_orm_migrations where name like '%remark'");
    const report = await up(project.on(dsn));
    expect(report).toMatchObject({ outcome: "refused", problems: [{ code: "verdict" }] });
    expect(report.problems[0]?.message).toMatch(/knows @shop\/models@1\.0\.0 with another contract/);
  });

  it("finds a contract that is not that of the models any more, and verdicts of another history", async () => {
    const project = await projectOf(wholeHistory.slice(0, 2));
    await rm(path.join(project.migrations, verdictsFile));
    expect((await checkProject(project.on(""), shadow)).problems).toMatchObject([{ code: "verdict" }]);
    const { dsn } = await databaseAt(project, "Migration20260101000001_items");
    expect(await up(project.on(dsn))).toMatchObject({
      outcome: "refused",
      problems: [{ code: "verdict", migration: "Migration20260101000002_remark" }],
    });
    await rm(project.releases.contract ?? "");
    expect((await checkProject(project.on(""), shadow)).problems).toMatchObject([{ code: "contract" }]);
    expect(withDatabaseName(dsn, "x")).toContain("/x");
  });

  it("refuses what nobody can tell, until a comment says why it does no harm", async () => {
    const extra = {
      Migration20260101000002_check: {
        up: ["alter table items add constraint short check (length(name) < 100)"],
        down: ["alter table items drop constraint short"],
      },
    };
    const project = await projectOf(
      [wholeHistory[0], { migration: "Migration20260101000002_check", release: "1.1.1" }],
      {
        extra,
        tolerate: true,
      },
    );
    const [problem] = (await checkProject(project.on(""), shadow)).problems;
    expect(problem).toMatchObject({ code: "incompatible", migration: "Migration20260101000002_check" });
    expect(problem?.message).toMatch(/@tolerates @shop\/models@1\.0\.0 items: reason/);
    await edit(
      path.join(project.migrations, "Migration20260101000002_check.ts"),
      "export",
      "// @tolerates @shop/models@1.0.0 items: names are short\nexport",
    );
    await checkProject(project.on(""), shadow, { fix: true });
    expect(await checkProject(project.on(""), shadow)).toMatchObject({ outcome: "ok" });
    expect(await up(project.on((await databaseAt(project, "Migration20260101000001_items")).dsn))).toMatchObject({
      outcome: "applied",
    });
  });

  it("sees that somebody moved a contract's head", async () => {
    const project = await projectOf(wholeHistory);
    const file = path.join(project.releases.folder, "models@1.1.0.json");
    await edit(file, '"head": "Migration20260101000002_remark"', '"head": "Migration20260101000003_no_note"');
    const { dsn } = await databaseAt(project, "Migration20260101000002_remark");
    await expect(up(project.on(dsn))).rejects.toThrow(/models@1\.1\.0\.json was changed after it was made/);
  });
});

describe("create and check", () => {
  const required = {
    Migration20260101000001_items: {
      up: [
        "create table items (id serial primary key, name text not null, note text not null)",
        "create index items_note_index on items (note)",
      ],
      down: ["drop table items"],
    },
  };

  it("keep what a release maps and the models no longer do, and let both live", async () => {
    const first = { migration: "Migration20260101000001_items", release: "1.0.1" } as const;
    const project = await projectOf([first], { extra: required });
    const fresh = project.on("", { ormOptions: { entities: models["0.9.0"]() } });
    const created = await create(fresh, { name: "less", shadow });
    expect(created.statements).toEqual([`alter table "items" alter column "note" set default ''`]);
    expect(await readFile(created.file ?? "", "utf8")).not.toMatch(/drop column|drop index/);
    const checked = await checkProject(fresh, shadow);
    expect(checked.differences).toEqual([]);
    expect((await create(fresh, { name: "again", shadow })).statements).toEqual([]);
  });

  it("drop it once no supported release maps it, and only when they are asked to", async () => {
    const project = await projectOf(wholeHistory.slice(0, 2), { supported: ["1.1.0"] });
    const fresh = project.on("", { ormOptions: { entities: models["1.2.0"]() } });
    expect((await create(fresh, { name: "later", shadow })).statements).toEqual([]);
    expect((await create(fresh, { name: "too_early", shadow, contract: true })).statements).toEqual([]);
    const without = { ...project.releases, supported: [] as string[] };
    const late = project.on("", { ormOptions: { entities: models["1.2.0"]() }, releases: without });
    expect((await create(late, { name: "drop_note", shadow, contract: true, dryRun: true })).statements).toEqual([
      `alter table "items" drop column "note"`,
    ]);
  });

  it("change a check of a column that a release maps, and the models still do", async () => {
    const first = { migration: "Migration20260101000001_items", release: "1.1.1" } as const;
    const withKind = {
      Migration20260101000001_items: {
        up: [
          "create table items (id serial primary key, name text not null, note text, constraint short check (length(name) < 100))",
        ],
        down: ["drop table items"],
      },
    };
    const project = await projectOf([first], { extra: withKind });
    const wider = project.on("", { ormOptions: { entities: models["1.1.2"]() } });
    const created = await create(wider, { name: "longer names", shadow, dryRun: true, direct: true });
    expect(created.statements).toEqual([
      `alter table "items" drop constraint "short"`,
      `alter table "items" add constraint "short" check (length(name) < 200)`,
    ]);
    const without = project.on("", { ormOptions: { entities: models["1.0.0"]() } });
    expect((await create(without, { name: "any name", shadow, dryRun: true })).statements).toEqual([
      `alter table "items" drop constraint "short"`,
    ]);
  });
});
