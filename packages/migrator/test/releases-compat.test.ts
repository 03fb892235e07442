import path from "node:path";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { checkProject } from "../src/commands/check.ts";
import { compat } from "../src/commands/compat.ts";
import { review } from "../src/commands/review.ts";
import { edit, projectOf, removeProjects, shadow, wholeHistory } from "./releases-project.ts";
import { emptyDatabase } from "./support.ts";

afterAll(removeProjects);

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

  it("gives the same verdicts whatever the time zone of the server", async () => {
    const [at, day] = ["Migration20260101000001_at", "Migration20260101000002_no_zone"];
    const extra = {
      [at]: { up: ["create table items (id serial primary key, name text not null, at timestamptz not null)"] },
      [day]: { up: ["alter table items alter at type timestamp"] },
    };
    const project = await projectOf([{ migration: at, release: "1.3.0" }, { migration: day }], {
      extra,
      tolerate: true,
    });
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

  it("minds neither rows that a migration adds nor what triggers of before do to rows", async () => {
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

  it("names what no supported release needs any more", async () => {
    const project = await projectOf(wholeHistory.slice(0, 2), { supported: ["1.0.0"] });
    const { droppable } = await compat(project.on(""), {
      shadow,
      releases: { ...project.releases, contract: undefined },
    });
    expect(droppable).toEqual(["items.remark"]);
  });

  it("takes an author's word for what one release may write and another does not know", async () => {
    const [kinds, more] = ["Migration20260101000001_kinds", "Migration20260101000002_more"];
    const check = (items: string) => `constraint items_kind_check check (kind in (${items}))`;
    const column = `kind text not null ${check("'a', 'b'")}`;
    const extra = {
      [kinds]: {
        up: [`create table items (id serial primary key, name text not null, ${column})`],
        down: ["drop table items"],
      },
      [more]: {
        up: ["alter table items drop constraint items_kind_check", `alter table items add ${check("'a', 'b', 'c'")}`],
        down: ["select 1"],
      },
    };
    const project = await projectOf(
      [
        { migration: kinds, release: "2.0.0" },
        { migration: more, release: "2.1.0" },
      ],
      { extra, tolerate: true },
    );
    const { problems } = await checkProject(project.on(""), shadow);
    const message = problems.find(({ code }) => code === "incompatible")?.message;
    expect(message).toMatch(
      /2\.0\.0 cannot run beside .*does not know c.*: @tolerates @shop\/models@2\.0\.0 items\.kind: reason/,
    );
    const word = "// @tolerates @shop/models@2.0.0 items.kind: nobody writes c before 2.1.0 runs alone\nexport";
    await edit(path.join(project.migrations, `${more}.ts`), "export", word);
    const found = await compat(project.on(""), { shadow, releases: project.releases });
    expect(found).toMatchObject({ outcome: "ok", pairs: [], needless: [] });
  });

  it("takes releases that need the same for two: what one meets, the other was made for", async () => {
    const again = "Migration20260101000002_again";
    const extra = { [again]: { up: ["update items set note = upper(note)"], down: ["select 1"] } };
    const steps = [wholeHistory[0], { migration: again, release: "1.0.2" }] as const;
    const project = await projectOf(steps, { extra, tolerate: true });
    const word = "// @tolerates @shop/models@1.0.0 items.note: case is not looked at\nexport";
    await edit(path.join(project.migrations, `${again}.ts`), "export", word);
    const found = await compat(project.on(""), { shadow, releases: project.releases });
    expect(found.releases[0]?.digest).toBe(found.releases[1]?.digest);
    expect(found.steps[1]?.verdicts.map(({ verdict }) => verdict)).toEqual(["works", "works"]);
    expect(found.outcome).toBe("ok");
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
