import path from "node:path";
import { describe, expect, inject, it } from "vitest";
import { checkProject } from "../src/commands/check.ts";
import { rewriteManifest } from "../src/commands/create.ts";
import { lintProject } from "../src/commands/lint.ts";
import { up } from "../src/commands/up-and-down.ts";
import { contextOf, emptyDatabase, folderOf, ledgerOf, type Steps, tablesOf } from "./support.ts";

const shadow = () => ({ servers: [inject("postgresDsn")] });

const history: Record<string, Steps | string> = {
  M1000_a: {
    up: ["create table a (id int primary key, name varchar(10) not null, old text)", "insert into a values (1, 'x')"],
  },
  M2000_b: {
    up: [
      "do $$ begin alter table a add column made text; alter table a add constraint made_there check (made is not null) not valid; end $$",
    ],
  },
  M3000_c: { up: ["update a set made = 'm' where id = 1", "alter table a validate constraint made_there"] },
};

describe("lint", () => {
  it("knows what code did that nobody can read, because the history is replayed on a shadow", async () => {
    const folder = await folderOf({ ...history, M4000_d: { up: ["alter table a alter column made set not null"] } });
    const context = contextOf("", folder);
    const rules = async (how: Parameters<typeof lintProject>[1]["shadow"]) =>
      (await lintProject(context, { names: ["M4000"], shadow: how })).findings.filter(
        ({ rule }) => rule === "set-not-null-scan",
      );
    expect(await rules(shadow())).toEqual([]);
    // Without one it says so, and never that it is safe.
    expect(await rules(undefined)).toMatchObject([{ unknown: true }]);
  });

  it("names file and line, and is silent where a comment says why", async () => {
    const source = (comment: string) => `import { Migration } from "@mikro-orm/migrations";
export class M5000_e extends Migration {
  override async up() {
    this.addSql("select 1");
    ${comment}
    this.addSql("alter table a drop column old");
  }
  override async down() {}
}
`;
    const lint = async (comment: string) => {
      const folder = await folderOf({ ...history, "M5000_e.ts": source(comment) });
      const { findings, outcome } = await lintProject(contextOf("", folder), { names: ["M5000"], shadow: shadow() });
      return { outcome, rules: findings.map(({ rule, line, file }) => `${path.basename(file ?? "")}:${line} ${rule}`) };
    };
    expect((await lint("")).rules).toContain("M5000_e.ts:6 drop-column");
    expect((await lint("")).outcome).toBe("refused");
    const allowed = await lint("// lint: allow drop-column because release 1.2 stopped to read it");
    expect(allowed).toMatchObject({
      outcome: "ok",
      rules: expect.not.arrayContaining([expect.stringContaining("drop-column")]),
    });
    expect((await lint("// lint: allow drop-column")).rules).toEqual(
      expect.arrayContaining(["M5000_e.ts:5 unexplained-suppression", "M5000_e.ts:6 drop-column"]),
    );
    expect((await lint("// lint: allow truncate because of this")).rules).toContain(
      "M5000_e.ts:5 unneeded-suppression",
    );
    expect((await lint("// lint: allow nonsense because of this")).rules).toContain("M5000_e.ts:5 unknown-rule");
  });

  it("looks at what the database has not applied, unless somebody names migrations", async () => {
    const { dsn } = await emptyDatabase();
    const context = contextOf(dsn, await folderOf({ ...history, M4000_d: { up: ["drop table a"] } }));
    await up(context, { to: "M3000_c" });
    expect(await lintProject(context, { shadow: shadow() })).toMatchObject({
      chosen: "pending",
      migrations: ["M4000_d"],
      outcome: "refused",
    });
  });

  it("does not alarm over a history that is run on an empty database", async () => {
    const context = contextOf(
      "",
      await folderOf({
        M1: { up: ["create table a (id int)"] },
        M2: { up: ["create index i on a (id)", "alter table a alter id type bigint"] },
      }),
    );
    expect(await lintProject(context, { shadow: undefined })).toMatchObject({ chosen: "all", findings: [] });
  });
});

describe("up", () => {
  const start = async (safety: "enforce" | "warn", statement = "alter table a drop column old") => {
    const { dsn, sql } = await emptyDatabase();
    const folder = await folderOf({ ...history, M4000_d: { up: [statement] } });
    const context = contextOf(dsn, folder, { safety });
    await up(context, { to: "M3000_c" });
    return { context, sql, folder };
  };
  const findings = ({ events }: { readonly events: readonly { readonly type: string }[] }) =>
    events.filter(({ type }) => type === "finding");

  it("says what the linter finds in a pending migration and goes on", async () => {
    const { context } = await start("warn");
    expect(await up(context)).toMatchObject({ outcome: "applied" });
    expect(findings(context)).toMatchObject([
      { rule: "drop-column", severity: "error", migration: "M4000_d", line: 4 },
      {},
    ]);
  });

  it("refuses an error where the configuration enforces safety, and changes nothing", async () => {
    const { context, sql } = await start("enforce");
    expect(await up(context)).toMatchObject({
      outcome: "refused",
      problems: [{ code: "unsafe", migration: "M4000_d", message: expect.stringContaining("drop-column") }],
    });
    expect(await ledgerOf(sql)).toEqual(["M1000_a", "M2000_b", "M3000_c"]);
    expect(
      await sql("select from information_schema.columns where table_name = 'a' and column_name = 'old'"),
    ).toHaveLength(1);
  });

  it("weighs by the table's real size: three rows are scanned in no time", async () => {
    const { context } = await start("enforce", "alter table a add constraint named check (name <> '')");
    expect(await up(context)).toMatchObject({ outcome: "applied" });
    expect(findings(context)).toContainEqual(
      expect.objectContaining({ rule: "add-check-validated", severity: "note" }),
    );
  });

  it("does not look where nothing is applied yet", async () => {
    const { dsn, sql } = await emptyDatabase();
    const context = contextOf(
      dsn,
      await folderOf({ M1: { up: ["create table a (id int)", "drop table if exists gone"] } }),
      { safety: "enforce" },
    );
    expect(await up(context)).toMatchObject({ outcome: "applied" });
    expect(await tablesOf(sql)).toContain("a");
    expect(findings(context)).toEqual([]);
  });
});

it.each([
  { safety: "enforce", outcome: "refused" },
  { safety: "warn", outcome: "ok" },
] as const)(
  "check with safety $safety is $outcome over an error in what is not applied",
  async ({ safety, outcome }) => {
    const { dsn } = await emptyDatabase();
    const folder = await folderOf({
      Migration20240101000000_a: {
        up: ["create table a (id int)", "insert into a values (1)"],
        down: ["drop table a"],
      },
      Migration20240102000000_b: { up: ["drop table a"], down: ["create table a (id int)"] },
    });
    await up(contextOf(dsn, folder), { steps: 1 });
    await rewriteManifest(folder);
    const check = await checkProject(contextOf(dsn, folder, { safety }), shadow());
    expect(check.outcome).toBe(outcome);
    expect(JSON.stringify(safety === "enforce" ? check.problems : check.notes)).toContain("drop-table");
  },
);
