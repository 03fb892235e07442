import { execFile } from "node:child_process";
import { appendFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, inject, it } from "vitest";
import { fingerprint, readCatalog } from "@thedata/catalog";
import { rewriteManifest } from "../src/commands/create.ts";
import { fixMigration } from "../src/commands/fix.ts";
import { lintProject } from "../src/commands/lint.ts";
import { down, up } from "../src/commands/up-and-down.ts";
import { verify } from "../src/commands/verify.ts";
import { discover } from "../src/history/folder.ts";
import { openHistory } from "../src/history/history.ts";
import { scopeOf } from "../src/ledger/catalog-scope.ts";
import { addFiles, contextOf, emptyDatabase, folderOf, type Sql, type Steps } from "./support.ts";

const [first, wide, last] = ["Migration20240101000000_a", "Migration20240101000100_b", "Migration20240201000000_c"];
const options = () => ({ shadow: { servers: [inject("postgresDsn")] } });

const tables: Steps = {
  up: [
    "create table orgs (id bigint primary key)",
    "create table users (id bigint primary key, org_id bigint, email text not null, age int not null default 7)",
    "create index users_age on users (age, id)",
  ],
  down: ["drop table users", "drop table orgs"],
};
const unsafe: Steps = {
  up: [
    "alter table users add column note text",
    "create index users_email on users (email)",
    'alter table users add constraint users_org foreign key ("org_id") references orgs (id)',
    "alter table users alter column age type bigint",
    "alter table users add token uuid not null default gen_random_uuid()",
  ],
  down: ["alter table users drop column note"],
};

async function project(steps: Steps = unsafe, more: Record<string, Steps> = {}) {
  const folder = await folderOf({ [first]: tables, [wide]: steps, ...more });
  await rewriteManifest(folder);
  return folder;
}

const catalogOf = async (sql: Sql, { ledger }: { ledger: Parameters<typeof scopeOf>[0] }) =>
  fingerprint(await readCatalog((text, values) => sql(text, values && [...values]), scopeOf(ledger)));

describe("lint --fix", () => {
  it("puts a safe sequence in the place of a migration, which ends in the same schema and comes back", async () => {
    const [direct, safe] = [await emptyDatabase(), await emptyDatabase()];
    const folder = await project();
    const before = contextOf(direct.dsn, folder);
    await up(before, {});
    const context = contextOf(safe.dsn, folder);
    await up(context, { to: first });
    await safe.sql("insert into users (id, email) select n, n || '@x' from generate_series(1, 20000) n");
    const old = await catalogOf(safe.sql, context);

    const fixed = await fixMigration(context, wide, options());
    expect(fixed?.parts.map(({ statements, transactional }) => [transactional, statements.length])).toEqual([
      [true, 1],
      [false, 1],
      [true, 6],
      [true, 1],
      [true, 1],
      [false, 1],
      [true, 3],
      [true, 6],
      [true, 9],
    ]);
    const { files, manifest } = await discover(folder);
    expect(files.map(({ name }) => name)).toEqual([first, ...(fixed?.parts ?? []).map(({ name }) => name)]);
    expect(manifest?.migrations.map(({ name }) => name)).toEqual(files.map(({ name }) => name));

    const wait = contextOf(safe.dsn, folder, { backfills: "wait" });
    expect(await up(wait, {})).toMatchObject({ outcome: "applied", error: null });
    expect(await catalogOf(safe.sql, context)).toBe(await catalogOf(direct.sql, before));
    expect(await safe.sql("select count(distinct token)::int as tokens, sum(age)::int as ages from users")).toEqual([
      { tokens: 20_000, ages: 140_000 },
    ]);
    const { findings } = await lintProject(context, { ...options(), names: fixed?.parts.map(({ name }) => name) });
    expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
    for (const _ of fixed?.parts ?? [])
      expect(await down(wait, {})).toMatchObject({ outcome: "reverted", error: null });
    expect(await catalogOf(safe.sql, context)).toBe(old);
    expect(await safe.sql("select sum(age)::int as ages from users")).toEqual([{ ages: 140_000 }]);
  });

  it("lets a column's keys and checks follow it to its new type", async () => {
    const steps: Steps = {
      up: ["alter table users alter column org_id type bigint", "alter table users alter column age type bigint"],
      down: [],
    };
    const folder = await project(steps);
    await addFiles(folder, {
      [first]: {
        up: [
          ...(tables.up ?? []).map((sql) => sql.replace("org_id bigint", "org_id int")),
          "alter table users add constraint users_org foreign key (org_id) references orgs (id) on delete cascade",
          "alter table users add check (age > 0 and age < id + 1000000)",
        ],
        down: tables.down ?? [],
      },
    });
    await rewriteManifest(folder);
    const [direct, safe] = [await emptyDatabase(), await emptyDatabase()];
    await up(contextOf(direct.dsn, folder), {});
    const context = contextOf(safe.dsn, folder, { backfills: "wait" });
    await up(context, { to: first });
    await safe.sql(
      "insert into orgs values (1); insert into users (id, org_id, email) select n, 1, n from generate_series(1, 50) n",
    );
    const old = await catalogOf(safe.sql, context);
    const fixed = await fixMigration(context, wide, options());
    expect(await up(context, {})).toMatchObject({ outcome: "applied", error: null });
    expect(await catalogOf(safe.sql, context)).toBe(await catalogOf(direct.sql, context));
    await expect(safe.sql("update users set org_id = 2")).rejects.toThrow("users_org");
    await expect(safe.sql("update users set age = 0")).rejects.toThrow("users_check");
    for (const _ of fixed?.parts ?? [])
      expect(await down(context, {})).toMatchObject({ outcome: "reverted", error: null });
    expect(await catalogOf(safe.sql, context)).toBe(old);
    expect(await safe.sql("select sum(org_id)::int as orgs, sum(age)::int as ages from users")).toEqual([
      { orgs: 50, ages: 350 },
    ]);
  });

  it("writes what verify proves", { timeout: 60_000 }, async () => {
    // A foreign key may fail on the rows that verify makes, in either form.
    const up = (unsafe.up ?? []).filter((sql) => !sql.includes("references"));
    const folder = await project({ ...unsafe, up });
    await fixMigration(contextOf("", folder), wide, options());
    const { outcome, migrations } = await verify(contextOf("", folder), options());
    expect(migrations.flatMap(({ faults }) => faults)).toEqual([]);
    expect(outcome).toBe("ok");
  });

  it("writes nothing with a dry run, and nothing where there is nothing to do", async () => {
    const folder = await project();
    const text = await readFile(path.join(folder, `${wide}.ts`), "utf8");
    const fixed = await fixMigration(contextOf("", folder), wide, { ...options(), dryRun: true });
    expect(fixed?.parts).toHaveLength(9);
    expect(await readFile(path.join(folder, `${wide}.ts`), "utf8")).toBe(text);
    expect(await fixMigration(contextOf("", folder), first, options())).toBeUndefined();
    expect((await discover(folder)).files).toHaveLength(2);
  });

  it("keeps the comments", async () => {
    const folder = await project();
    await addFiles(folder, {
      [`${wide}.ts`]: `// For the new page.
import { Migration } from "@mikro-orm/migrations";

/**
 * Notes of users,
 * wished for by sales.
 */
export class ${wide} extends Migration {
  override up() {
    // Short ones.
    // lint: allow prefer-text because it is
    this.addSql("alter table users add column note text"); // or none
    // Searched by the page.
    this.addSql(\`
      create index users_email on users (email)
    \`);
  }
  override down() { this.addSql("alter table users drop column note"); }
}
`,
    });
    await rewriteManifest(folder);
    const fixed = await fixMigration(contextOf("", folder), wide, options());
    const [one = { code: "" }, two = { code: "" }] = fixed?.parts ?? [];
    expect(one.code).toMatch(
      /\/\*\*\n \* For the new page.\n \* Notes of users, wished for by sales.\n \* or none\n \* Searched by the page.\n/,
    );
    expect(one.code).toMatch(
      / {4}\/\/ Short ones.\n {4}\/\/ lint: allow prefer-text because it is\n {4}this.addSql\(`alter table users add column note text`\)/,
    );
    expect(two.code).toContain("create index concurrently users_email");
  });

  it.each<[string, Steps, RegExp]>([
    ["a down that changes rows", { ...unsafe, down: ["update users set age = 1"] }, /changes rows in its down/],
    ["a down that is computed", { ...unsafe, down: ["select 1"], code: "" }, /changes rows in its down/],
  ])("refuses %s", async (_, steps, message) => {
    const folder = await project(steps);
    await expect(fixMigration(contextOf("", folder), wide, options())).rejects.toThrow(message);
    expect((await discover(folder)).files).toHaveLength(2);
  });

  it("writes nothing over a file that was edited meanwhile", async () => {
    const folder = await project();
    const file = path.join(folder, `${wide}.ts`);
    const onPlanned = () => appendFileSync(file, "// mine\n");
    await expect(fixMigration(contextOf("", folder), wide, { ...options(), onPlanned })).rejects.toThrow(
      "edited meanwhile",
    );
    expect(await readFile(file, "utf8")).toMatch(/\/\/ mine\n$/);
    expect((await discover(folder)).files).toHaveLength(2);
  });

  it("refuses a migration that the database has", async () => {
    const { dsn } = await emptyDatabase();
    const folder = await project();
    await up(contextOf(dsn, folder), {});
    await expect(fixMigration(contextOf(dsn, folder), wide, options())).rejects.toThrow("is applied already");
  });

  it("refuses where there is no room before the next migration, and where there is no manifest", async () => {
    const folder = await project(unsafe, { Migration20240101000103_c: { up: ["select 1"], down: [] } });
    await expect(fixMigration(contextOf("", folder), wide, options())).rejects.toThrow("do not fit between");
    const other = await project(unsafe, { [last]: { up: ["select 1"], down: [] } });
    await rm(path.join(other, "manifest.json"));
    await expect(fixMigration(contextOf("", other), wide, options())).rejects.toThrow("has no manifest");
    expect((await discover(other)).files).toHaveLength(3);
  });

  it("is done in full or not at all, at whatever call it is killed", { timeout: 120_000 }, async () => {
    const run = async (folder: string, fatal: number) => {
      const runner = path.join(import.meta.dirname, "replace-runner.ts");
      const args = ["--conditions=@thedata/source", runner, folder, wide, String(fatal)];
      return await promisify(execFile)(process.execPath, args).then(
        ({ stdout }) => Number(stdout),
        () => undefined,
      );
    };
    const calls = (await run(await project(), 0)) ?? 0;
    expect(calls).toBeGreaterThan(10);
    const seen = new Set<string>();
    for (let fatal = 1; fatal <= calls; fatal++) {
      const folder = await project();
      expect(await run(folder, fatal)).toBeUndefined();
      const { files, manifest } = await discover(folder);
      const names = files.map(({ name }) => name);
      expect(manifest?.migrations.map(({ name }) => name)).toEqual(names);
      const history = await openHistory(folder);
      for (const name of names) await history.load(name);
      seen.add(names.slice(1).join());
      // The next writer clears up.
      await run(folder, 0);
      expect((await discover(folder)).files.map(({ name }) => name).slice(1)).toEqual([`${wide}_1`, `${wide}_2`]);
    }
    expect([...seen]).toEqual([wide, `${wide}_1,${wide}_2`]);
  });
});
