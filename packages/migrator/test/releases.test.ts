import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { withDatabaseName } from "@thedata/dev-postgres";
import pg from "pg";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { checkProject } from "../src/commands/check.ts";
import { compat } from "../src/commands/compat.ts";
import { contract } from "../src/commands/contract.ts";
import { create } from "../src/commands/create.ts";
import { listReleases, retireReleases } from "../src/commands/releases.ts";
import { review } from "../src/commands/review.ts";
import { readStatus } from "../src/commands/status.ts";
import { down, up } from "../src/commands/up-and-down.ts";
import { waitForHead } from "../src/commands/wait.ts";
import { verdictsFile } from "../src/releases/verdicts.ts";
import { models, projectOf, type ReleasesProject, removeProjects, shadow, wholeHistory } from "./releases-project.ts";
import { emptyDatabase } from "./support.ts";

afterAll(removeProjects);

/** A database that the project's first migrations were applied to. */
async function databaseAt(project: ReleasesProject, to: string) {
  const database = await emptyDatabase();
  expect(await up(project.on(database.dsn, { releases: undefined }), { to })).toMatchObject({ error: null });
  return database;
}

describe("compat", () => {
  it("tells which release works after which migration, and what is in the way", async () => {
    const project = await projectOf(wholeHistory, { supported: ">=1.0.0" });
    const found = await compat(project.on(""), { shadow, releases: project.releases });
    expect(found.releases.map(({ name }) => name)).toEqual([
      "@shop/models@1.0.0",
      "@shop/models@1.1.0",
      "@shop/models@1.2.0",
    ]);
    expect(
      found.steps.map(({ migration, verdicts }) => [migration, ...verdicts.map(({ verdict }) => verdict)]),
    ).toEqual([
      ["Migration20260101000001_items", "works", "breaks", "breaks"],
      ["Migration20260101000002_remark", "works", "works", "works"],
      ["Migration20260101000003_no_note", "breaks", "breaks", "works"],
    ]);
    expect(found.steps[2]?.ends).toEqual(["@shop/models@1.0.0", "@shop/models@1.1.0"]);
    expect(found).toMatchObject({ outcome: "refused", pairs: [] });
  });

  it("finds nothing against a history that every supported release can live with", async () => {
    const project = await projectOf(wholeHistory.slice(0, 2));
    expect(await compat(project.on(""), { shadow, releases: project.releases })).toMatchObject({ outcome: "ok" });
  });
});

it("compat gives the same verdicts whatever the time zone of the server", async () => {
  const [at, day] = ["Migration20260101000001_at", "Migration20260101000002_no_zone"];
  const extra = {
    [at]: { up: ["create table items (id serial primary key, name text not null, at timestamptz not null)"] },
    [day]: { up: ["alter table items alter at type timestamp"] },
  };
  const project = await projectOf([{ migration: at, release: "1.3.0" }, { migration: day }], { extra, tolerate: true });
  const { dsn, sql } = await emptyDatabase();
  const role = `shadow_${crypto.randomUUID().slice(0, 8)}`;
  await sql(`create role ${role} superuser login password 'x'`);
  onTestFinished(async () => void (await sql(`drop role ${role}`)));
  await sql(`alter role ${role} set timezone = 'Asia/Tokyo'`);
  const far = { servers: [Object.assign(new URL(dsn), { username: role, password: "x" }).href] };
  const both = [shadow, far].map(
    async (one) => await compat(project.on(""), { shadow: one, releases: project.releases }),
  );
  const [here, there] = await Promise.all(both);
  expect(there?.verdicts).toEqual(here?.verdicts);
  expect(here?.steps[1]?.verdicts[0]).toMatchObject({ verdict: "depends" });
});

it("compat minds neither rows that a migration adds nor what triggers of before do to rows", async () => {
  const names = [
    "Migration20260101000001_tree",
    "Migration20260101000002_note",
    "Migration20260101000003_index",
  ] as const;
  const [tree, note, index] = names;
  const body = "begin update items set name = name || '!' where id = new.parent_id; return null; end";
  const extra = {
    [tree]: {
      up: [
        "create table items (id serial primary key, name text not null, parent_id int)",
        "alter table items add constraint parent foreign key (parent_id) references items",
        `create function mark() returns trigger language plpgsql as $$ ${body} $$`,
        "create trigger mark after insert on items for each row execute function mark()",
      ],
    },
    [note]: {
      up: [
        "alter table items add note text",
        "alter table items disable trigger mark",
        "insert into items (name, parent_id) select 'x', id from items",
        "alter table items enable trigger mark",
      ],
    },
    [index]: { up: ["create index on items (name)"] },
  };
  const steps = [
    { migration: tree, release: "1.4.0" },
    { migration: note, release: "1.5.0" },
    { migration: index },
  ] as const;
  const project = await projectOf(steps, { extra, tolerate: true, supported: ">=1.0.0" });
  const found = await compat(project.on(""), { shadow, releases: project.releases });
  const told = found.steps.map(({ verdicts }) => verdicts[0]);
  expect(told.map((one) => [one?.verdict, ...(one?.findings ?? []).map(({ message }) => message)])).toEqual([
    ["works"],
    ["works"],
    ["works"],
  ]);
});

describe("up", () => {
  it("refuses a plan that would end a supported release, and changes nothing", async () => {
    const project = await projectOf(wholeHistory);
    const { dsn } = await databaseAt(project, "Migration20260101000001_items");
    const report = await up(project.on(dsn));
    expect(report).toMatchObject({
      outcome: "refused",
      problems: [{ code: "ends-release", migration: "Migration20260101000003_no_note" }],
    });
    expect(report.problems[0]?.message).toMatch(
      /Migration20260101000003_no_note ends @shop\/models@1\.1\.0, which is supported: .*note.*releases retire 1\.1\.0/,
    );
    expect(await readStatus(project.on(dsn))).toMatchObject({ head: "Migration20260101000001_items" });
  });

  it("applies with --phase expand what may be applied, and holds the rest", async () => {
    const project = await projectOf(wholeHistory);
    const { dsn } = await databaseAt(project, "Migration20260101000001_items");
    expect(await up(project.on(dsn), { phase: "expand" })).toMatchObject({
      outcome: "applied",
      steps: [
        { name: "Migration20260101000002_remark", result: "applied" },
        { name: "Migration20260101000003_no_note", result: "held", heldBy: "release" },
      ],
    });
    const again = await up(project.on(dsn), { phase: "expand" });
    expect(again).toMatchObject({
      outcome: "nothing",
      steps: [{ name: "Migration20260101000003_no_note", result: "held" }],
    });
    expect(await readStatus(project.on(dsn))).toMatchObject({
      state: "behind",
      compatible: true,
      held: [{ name: "Migration20260101000003_no_note" }],
    });
  });

  it("applies the step once its release is retired, and says who retired it", async () => {
    const project = await projectOf(wholeHistory);
    const { dsn, sql } = await databaseAt(project, "Migration20260101000002_remark");
    expect(await retireReleases(project.on(dsn), project.releases, "1.1.0")).toEqual({
      retired: ["@shop/models@1.1.0"],
      already: [],
    });
    expect(await retireReleases(project.on(dsn), project.releases, "<1.2")).toMatchObject({
      retired: ["@shop/models@1.0.0"],
      already: ["@shop/models@1.1.0"],
    });
    expect(await listReleases(project.on(dsn), project.releases)).toMatchObject([
      { version: "1.0.0", support: "retired" },
      { version: "1.1.0", support: "retired" },
      { version: "1.2.0", support: "supported", retiredAt: null },
    ]);
    expect(await up(project.on(dsn))).toMatchObject({
      outcome: "applied",
      steps: [{ name: "Migration20260101000003_no_note" }],
    });
    const audit = await sql("select action, migration from mikro_orm_migrations_audit order by id");
    expect(audit).toContainEqual({ action: "retired", migration: "@shop/models@1.1.0" });
  });

  it("holds a step back for a session of a release that is connected although it is retired", async () => {
    const project = await projectOf(wholeHistory);
    const { dsn } = await databaseAt(project, "Migration20260101000002_remark");
    await retireReleases(project.on(dsn), project.releases, "<1.2");
    const session = new pg.Client({ connectionString: dsn, application_name: "shop @shop/models@1.0.0" });
    await session.connect();
    onTestFinished(async () => await session.end().catch(() => {}));
    const refused = await up(project.on(dsn));
    expect(refused).toMatchObject({ outcome: "refused", problems: [{ code: "ends-release" }] });
    expect(refused.problems[0]?.message).toMatch(
      /@shop\/models@1\.0\.0, of which 1 session is connected.*--disregard 1\.0\.0/,
    );
    await expect(up(project.on(dsn), { disregard: ["1.0.0"] })).resolves.toMatchObject({ outcome: "applied" });
  });

  it("is done on a database ahead of it where its release works, and refuses where it does not", async () => {
    const project = await projectOf(wholeHistory);
    const [middle, head] = [
      await databaseAt(project, "Migration20260101000002_remark"),
      await databaseAt(project, "Migration20260101000003_no_note"),
    ];
    const old = await projectOf(wholeHistory.slice(0, 1));
    expect(await up(old.on(middle.dsn))).toMatchObject({ outcome: "nothing", error: null });
    expect(await readStatus(old.on(middle.dsn))).toMatchObject({ state: "ahead", compatible: true, findings: [] });
    const refused = await up(old.on(head.dsn));
    expect(refused).toMatchObject({ outcome: "refused", error: { code: "ahead" } });
    expect(refused.error?.message).toMatch(/does not work there: .*note/);
    const status = await waitForHead(old.on(head.dsn), 1000, () => {});
    expect(status).toMatchObject({ state: "ahead", compatible: false });
    expect(status.findings.join()).toMatch(/column public\.items\.note is gone/);
  });

  it("records releases and verdicts in the step's transaction, readable by who may read the ledger", async () => {
    const project = await projectOf(wholeHistory);
    const { dsn, sql } = await databaseAt(project, "Migration20260101000001_items");
    await up(project.on(dsn), { phase: "expand" });
    expect(
      await sql("select package, version, retired_at from mikro_orm_migrations_releases order by version"),
    ).toEqual(["1.0.0", "1.1.0", "1.2.0"].map((version) => ({ package: "@shop/models", version, retired_at: null })));
    const verdicts = await sql("select migration, verdict from mikro_orm_migrations_verdicts order by verdict");
    expect(verdicts).toEqual([
      { migration: "Migration20260101000002_remark", verdict: "works" },
      { migration: "Migration20260101000002_remark", verdict: "works" },
      { migration: "Migration20260101000002_remark", verdict: "works" },
    ]);
  });

  it("sees ahead of it that its role may not read, and takes it that a program need not write all", async () => {
    const newer = await projectOf(wholeHistory.slice(0, 2));
    const { dsn, sql } = await databaseAt(newer, "Migration20260101000002_remark");
    const role = `app_${crypto.randomUUID().slice(0, 8)}`;
    await sql(`create role ${role} login password 'x'`);
    onTestFinished(async () => void (await sql(`drop owned by ${role}`), await sql(`drop role ${role}`)));
    await sql(`grant select on all tables in schema public to ${role}`);
    const own = (await projectOf(wholeHistory.slice(0, 1))).on(
      Object.assign(new URL(dsn), { username: role, password: "x" }).href,
    );
    expect(await readStatus(own)).toMatchObject({ state: "ahead", compatible: true, findings: [] });
    await sql(`revoke select on items from ${role}`);
    const status = await readStatus(own);
    expect(status).toMatchObject({ state: "ahead", compatible: false });
    expect(status.findings.join()).toMatch(/Item\.find: the role lacks a right/);
  });

  it("uses the verdict that came with the newest migration, where there is one", async () => {
    const project = await projectOf(wholeHistory.slice(0, 2));
    const { dsn, sql } = await databaseAt(project, "Migration20260101000001_items");
    await up(project.on(dsn));
    const old = await projectOf(wholeHistory.slice(0, 1));
    expect(await readStatus(old.on(dsn))).toMatchObject({ state: "ahead", compatible: true });
    await sql(`update mikro_orm_migrations_verdicts set verdict = 'breaks', findings = '["because"]'`);
    expect(await readStatus(old.on(dsn))).toMatchObject({ compatible: false, findings: ["because"] });
  });
});

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
});

async function edit(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(file, "utf8");
  expect(text).toContain(from);
  await writeFile(file, text.replace(from, to));
}

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
});

it("compat names what no supported release needs any more", async () => {
  const project = await projectOf(wholeHistory.slice(0, 2), { supported: ["1.0.0"] });
  const { droppable } = await compat(project.on(""), {
    shadow,
    releases: { ...project.releases, contract: undefined },
  });
  expect(droppable).toEqual(["items.remark"]);
});

it("review says what a change means to the releases before it", async () => {
  const project = await projectOf(wholeHistory);
  const found = await review(project.on(""), { shadow, names: ["remark", "no_note"], rows: 10 });
  expect(found.migrations.map(({ releases }) => releases.map(({ name, verdict }) => `${name} ${verdict}`))).toEqual([
    [],
    ["@shop/models@1.1.0 breaks"],
  ]);
  expect(found.migrations[1]?.releases[0]?.findings.join()).toMatch(/column public\.items\.note is gone/);
});

describe("down", () => {
  it("refuses to break a release that is connected, and goes on where it is to be disregarded, or works there", async () => {
    const project = await projectOf(wholeHistory.slice(0, 2));
    const { dsn, connect } = await databaseAt(project, "Migration20260101000002_remark");
    const session = await connect();
    await session.query("set application_name = 'shop @shop/models@1.1.0'");
    const refused = await down(project.on(dsn));
    expect(refused).toMatchObject({ outcome: "refused", problems: [{ code: "ends-release" }] });
    expect(refused.problems[0]?.message).toMatch(
      /@shop\/models@1\.1\.0 has 1 session and does not work on the schema after \S+_items: .*remark/,
    );
    await session.query("set application_name = 'shop @shop/models@1.0.0'");
    expect(await down(project.on(dsn))).toMatchObject({ outcome: "reverted" });
    await up(project.on(dsn));
    await session.query("set application_name = 'shop @shop/models@1.1.0'");
    expect(await down(project.on(dsn), { disregard: ["1.1.0"] })).toMatchObject({ outcome: "reverted" });
  });

  it("refuses to break a connected release that only the database knows", async () => {
    const [newer, older] = [await projectOf(wholeHistory.slice(0, 2)), await projectOf(wholeHistory.slice(0, 1))];
    const { dsn, connect } = await emptyDatabase();
    expect(await up(newer.on(dsn))).toMatchObject({ outcome: "applied" });
    const session = await connect();
    await session.query("set application_name = 'shop @shop/models@1.1.0'");
    const target = { to: "Migration20260101000001_items" };
    const refused = await down(older.on(dsn), target);
    expect(refused).toMatchObject({ outcome: "refused", problems: [{ code: "ends-release" }] });
    expect(refused.problems[0]?.message).toMatch(/@shop\/models@1\.1\.0 has 1 session and does not work .*remark/);
    expect(await down(older.on(dsn), { ...target, disregard: ["1.1.0"] })).toMatchObject({ outcome: "reverted" });
  });
});

describe("what the review of it found", () => {
  const first = { migration: "Migration20260101000001_items", release: "1.1.1" } as const;
  const withKind = {
    Migration20260101000001_items: {
      up: [
        "create table items (id serial primary key, name text not null, note text, constraint short check (length(name) < 100))",
      ],
      down: ["drop table items"],
    },
  };

  it("create changes a check of a column that a release maps, and the models still do", async () => {
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

  it("an attestation counts for its own migration, and not for a later one of the same column", async () => {
    const update = (name: string) => ({
      [name]: { up: ["update items set note = upper(note)"], down: ["select 1"] },
    });
    const extra = { ...update("Migration20260101000002_one"), ...update("Migration20260101000003_two") };
    const steps = [wholeHistory[0], ...Object.keys(extra).map((migration) => ({ migration }))];
    const project = await projectOf(steps, { extra, tolerate: true });
    const note = "// @tolerates @shop/models@1.0.0 items.note: case is not looked at\nexport";
    await edit(path.join(project.migrations, "Migration20260101000002_one.ts"), "export", note);
    const { problems } = await checkProject(project.on(""), shadow);
    expect(problems.map(({ code, migration }) => [code, migration])).toEqual([
      ["verdict", null],
      ["incompatible", "Migration20260101000003_two"],
    ]);
  });

  it("a step that ends a release is held although an earlier one was not sure to leave it working", async () => {
    const extra = {
      Migration20260101000002_one: { up: ["update items set note = upper(note)"], down: ["select 1"] },
      Migration20260101000003_no_note: {
        up: ["alter table items drop note"],
        down: ["alter table items add note text"],
      },
    };
    const steps = [
      wholeHistory[0],
      { migration: "Migration20260101000002_one" },
      { migration: "Migration20260101000003_no_note" },
    ];
    const project = await projectOf(steps, { extra, tolerate: true });
    const bare = project.on("", { ormOptions: { entities: models["0.9.0"]() } });
    await checkProject(bare, shadow, { fix: true });
    const { dsn } = await databaseAt(project, "Migration20260101000002_one");
    const report = await up(project.on(dsn), { phase: "expand" });
    expect(report).toMatchObject({
      outcome: "nothing",
      steps: [{ name: "Migration20260101000003_no_note", result: "held" }],
    });
  });

  it("an old build is told what ended it, also after a step that it does not mind", async () => {
    const project = await projectOf(wholeHistory);
    const { dsn } = await databaseAt(project, "Migration20260101000001_items");
    await retireReleases(project.on(dsn), project.releases, "<1.2");
    await up(project.on(dsn));
    const old = await projectOf(wholeHistory.slice(0, 1));
    const status = await readStatus(old.on(dsn));
    expect(status).toMatchObject({ state: "ahead", compatible: false });
    expect(status.findings.join()).toMatch(/note is gone/);
  });

  it.each([
    [
      "a contract is gone",
      async ({ releases }: ReleasesProject) => await rm(path.join(releases.folder, "models@1.0.0.json")),
      /knows @shop\/models@1\.0\.0, and its contract is not in .*put it back/,
    ],
    [
      "all contracts are gone",
      async ({ releases }: ReleasesProject) => await rm(releases.folder, { recursive: true }),
      /and its contract is not in/,
    ],
    [
      "a verdict was edited",
      async ({ migrations }: ReleasesProject) => {
        const file = path.join(migrations, verdictsFile);
        await writeFile(file, (await readFile(file, "utf8")).replace('"ends":true', '"ends":false'));
      },
      /verdicts\.json was changed after it was written/,
    ],
  ] as const)("up is refused where %s", async (_, spoil, message) => {
    const project = await projectOf(wholeHistory);
    const { dsn, sql } = await databaseAt(project, "Migration20260101000002_remark");
    await spoil(project);
    const outcome = await up(project.on(dsn), { phase: "expand" }).then(
      ({ outcome: how, problems }) => `${how} ${problems.map((one) => one.message).join()}`,
      (error: Error) => `refused ${error.message}`,
    );
    expect(outcome).toMatch(/^refused/);
    expect(outcome).toMatch(message);
    expect(await sql("select note from items")).toEqual([]);
  });

  it("an empty database, where no release can run, gets the whole history", async () => {
    const project = await projectOf(wholeHistory);
    const { dsn, sql } = await emptyDatabase();
    expect(await up(project.on(dsn))).toMatchObject({ outcome: "applied", problems: [] });
    expect(await sql("select count(*)::int as releases from mikro_orm_migrations_releases")).toEqual([{ releases: 3 }]);
  });

  it("the newest release cannot be retired", async () => {
    const project = await projectOf(wholeHistory);
    const { dsn } = await databaseAt(project, "Migration20260101000002_remark");
    for (const wanted of [">=1.0.0", "1.2.0"])
      await expect(retireReleases(project.on(dsn), project.releases, wanted)).rejects.toThrow(
        /@shop\/models@1\.2\.0 is the newest release that is known/,
      );
    expect((await listReleases(project.on(dsn), project.releases)).every(({ support }) => support !== "retired")).toBe(
      true,
    );
  });

  it("refuses releases of another package, and sessions of a release that nobody knows", async () => {
    const project = await projectOf(wholeHistory);
    const { dsn } = await databaseAt(project, "Migration20260101000002_remark");
    await expect(retireReleases(project.on(dsn), project.releases, "@other/models@1.0.0")).rejects.toThrow(
      /@other\/models@1\.0\.0 is a release of @other\/models, and the contracts are those of @shop\/models/,
    );
    await expect(up(project.on(dsn), { disregard: ["9.9.9"] })).rejects.toThrow(
      /--disregard names 9\.9\.9, which has no contract/,
    );
  });

  it("sees that somebody moved a contract's head", async () => {
    const project = await projectOf(wholeHistory);
    const file = path.join(project.releases.folder, "models@1.1.0.json");
    await edit(file, '"head": "Migration20260101000002_remark"', '"head": "Migration20260101000003_no_note"');
    const { dsn } = await databaseAt(project, "Migration20260101000002_remark");
    await expect(up(project.on(dsn))).rejects.toThrow(/models@1\.1\.0\.json was changed after it was made/);
  });
});
