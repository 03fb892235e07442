import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import pg from "pg";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { checkProject } from "../src/commands/check.ts";
import { listReleases, retireReleases } from "../src/commands/releases.ts";
import { readStatus } from "../src/commands/status.ts";
import { down, up } from "../src/commands/up-and-down.ts";
import { waitForHead } from "../src/commands/wait.ts";
import { verdictsFile } from "../src/releases/verdicts.ts";
import {
  models,
  projectOf,
  type ReleasesProject,
  removeProjects,
  shadow,
  wholeHistory,
  databaseAt,
} from "./releases-project.ts";
import { emptyDatabase } from "./support.ts";

afterAll(removeProjects);

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
  ] as const)("is refused where %s", async (_, spoil, message) => {
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

  it("brings an empty database, where no release can run, through the whole history", async () => {
    const project = await projectOf(wholeHistory);
    const { dsn, sql } = await emptyDatabase();
    expect(await up(project.on(dsn))).toMatchObject({ outcome: "applied", problems: [] });
    expect(await sql("select count(*)::int as releases from mikro_orm_migrations_releases")).toEqual([{ releases: 3 }]);
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
});

describe("releases retire", () => {
  it("does not retire the newest release", async () => {
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

  it("says why also where the reason is older than the migration that it goes back to", async () => {
    const [later, remark] = ["Migration20260101000002_later", "Migration20260101000003_remark"];
    const extra = {
      [later]: { up: ["update items set name = name"], down: ["select 1"] },
      [remark]: { up: ["alter table items add remark text"], down: ["alter table items drop column remark"] },
    };
    const steps = [wholeHistory[0], { migration: later }, { migration: remark, release: "1.1.0" }] as const;
    const project = await projectOf(steps, { extra, tolerate: true });
    const { dsn, connect } = await emptyDatabase();
    expect(await up(project.on(dsn))).toMatchObject({ outcome: "applied" });
    const session = await connect();
    await session.query("set application_name = 'shop @shop/models@1.1.0'");
    const { problems } = await down(project.on(dsn));
    expect(problems[0]?.message).toMatch(/does not work on the schema after \S+_later: .*remark/);
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
