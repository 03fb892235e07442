import { hostname } from "node:os";
import { describe, expect, it, onTestFinished } from "vitest";
import { baseline } from "../src/commands/baseline.ts";
import { readStatus } from "../src/commands/status.ts";
import { up } from "../src/commands/up-and-down.ts";
import type { MigrateOptions } from "../src/execute/prepared.ts";
import { digestOfUndo } from "../src/ledger/undo-digest.ts";
import { contextOf, folderOf, openClient, type Sql, type Steps } from "./support.ts";
import { dump, type Files, known, losing, newer, redigest, rewrite, start, tryDown } from "./undo-project.ts";

interface Case {
  readonly what: string;
  /** The newer image's migrations; default: two that can be reverted. */
  readonly more?: Files;
  /** What somebody does to the database; `role` is another role, and it may be named. */
  readonly spoil?: (sql: Sql, role: string, dsn: string) => Promise<unknown>;
  /** The old image's files in place of its two migrations. */
  readonly files?: Files;
  readonly options?: MigrateOptions;
  /** `thrown`: nothing could be planned. */
  readonly outcome?: "refused" | "thrown";
  readonly code: string;
  readonly message: RegExp;
}

const ledger = "mikro_orm_migrations";
const audit = `${ledger}_audit`;

/** Runs statements one after another. */
const run =
  (...statements: string[]) =>
  async (sql: Sql, role: string) => {
    for (const statement of statements) await sql(statement.replaceAll("ROLE", role));
  };

/** Changes the audit, as its owner can. */
const behindAudit = (...statements: string[]) =>
  run(
    `alter table ${audit} disable trigger only_grows`,
    ...statements,
    `alter table ${audit} enable trigger only_grows`,
  );

const set = (what: string, name = "M4_d") => run(`update ${ledger} set ${what} where name = '${name}'`);

const untrusted = "untrusted-undo";

const edits: Case[] = [
  {
    what: "the undo was edited",
    spoil: set(`undo = '["drop table a cascade"]'`),
    code: untrusted,
    message: /M4_d.*does not have the digest of its ledger row/,
  },
  {
    what: "a statement was added to the undo",
    spoil: set(`undo = undo || '"select 1"'::jsonb`, "M3_c"),
    code: untrusted,
    message: /M3_c.*digest of its ledger row/,
  },
  {
    what: "the checksum was edited",
    spoil: set("checksum = 'x'"),
    code: untrusted,
    message: /M4_d.*does not have the digest of its ledger row/,
  },
  {
    what: "the name was edited",
    spoil: set("name = 'M4_e'"),
    code: untrusted,
    message: /M4_e.*does not have the digest of its ledger row/,
  },
  {
    what: "the position was edited",
    spoil: set("undo_position = 9"),
    code: untrusted,
    message: /M4_d.*does not have the digest of its ledger row/,
  },
  {
    what: "it was declared non-transactional",
    spoil: set("undo_transactional = false"),
    code: untrusted,
    message: /M4_d.*does not have the digest of its ledger row/,
  },
  {
    what: "losses were edited",
    spoil: set(`undo_losses = '["a"]'`),
    code: untrusted,
    message: /M4_d.*does not have the digest of its ledger row/,
  },
  {
    what: "two rows changed places",
    spoil: run(
      `update ${ledger} set id = 100 where name = 'M3_c'`,
      `update ${ledger} set id = 3 where name = 'M4_d'`,
      `update ${ledger} set id = 4 where name = 'M3_c'`,
    ),
    code: untrusted,
    message: /M3_c.*stands behind a row that was recorded after it/,
  },
  {
    what: "a row that this build knows was moved between them",
    spoil: run(`update ${ledger} set id = 100 where name = 'M2_b'`),
    options: { to: "M1_a" },
    code: untrusted,
    message: /M2_b.*stands behind a row/,
  },
  {
    what: "two rows changed their undo",
    spoil: run(
      `update ${ledger} m set undo = o.undo, undo_digest = o.undo_digest, undo_losses = o.undo_losses
         from ${ledger} o where m.name in ('M3_c', 'M4_d') and o.name in ('M3_c', 'M4_d') and o.name <> m.name`,
    ),
    code: untrusted,
    message: /M3_c.*digest of its ledger row/,
  },
  {
    what: "the digest in the ledger was edited",
    spoil: set("undo_digest = repeat('0', 64)"),
    code: untrusted,
    message: /M4_d.*digest of its ledger row/,
  },
  {
    what: "undo and digest in the ledger were edited, the audit was not",
    spoil: async (sql) => {
      const [row] = await sql<{ checksum: string; position: number }>(
        `select checksum, undo_position as position from ${ledger} where name = 'M4_d'`,
      );
      const undo = { statements: ["drop table a cascade"], transactional: true, losses: [] };
      const digest = digestOfUndo({ name: "M4_d", ...(row ?? { checksum: "", position: 0 }), undo });
      const values = [JSON.stringify(undo.statements), digest];
      await sql(`update ${ledger} set undo = $1, undo_digest = $2 where name = 'M4_d'`, values);
    },
    code: untrusted,
    message: /M4_d.*does not have the digest that the audit recorded/,
  },
  {
    what: "the row of the audit is gone",
    spoil: behindAudit(`delete from ${audit} where migration = 'M4_d'`),
    code: untrusted,
    message: /M4_d.*has no digest in the audit/,
  },
  {
    what: "the digest in the audit is gone",
    spoil: behindAudit(`update ${audit} set undo_digest = null where migration = 'M4_d'`),
    code: untrusted,
    message: /M4_d.*has no digest in the audit/,
  },
  {
    what: "the digest in the audit was edited",
    spoil: behindAudit(`update ${audit} set undo_digest = repeat('0', 64) where migration = 'M3_c'`),
    code: untrusted,
    message: /M3_c.*the digest that the audit recorded/,
  },
  {
    what: "the audit says that it was reverted",
    spoil: run(`insert into ${audit} (action, migration) values ('reverted', 'M4_d')`),
    code: untrusted,
    message: /M4_d.*has no digest in the audit/,
  },
  {
    what: "a row is there twice",
    spoil: run(`insert into ${ledger} (name) values ('M4_d')`),
    code: "duplicate",
    message: /M4_d/,
  },
];

const others: Case[] = [
  ...["insert", "update", "delete", "truncate", "trigger"].flatMap((right) =>
    [ledger, audit].map((table) => ({
      what: `another role may ${right} on ${table}`,
      spoil: run(`grant ${right} on ${table} to ROLE`),
      code: untrusted,
      message: new RegExp(`app_\\w+ has the right of ${right} on public.${table}: revoke ${right} on`, "i"),
    })),
  ),
  {
    what: "everybody may write the ledger",
    spoil: run(`grant update, delete on ${ledger} to public`),
    code: untrusted,
    message: /everybody has the right of DELETE, UPDATE on .*revoke DELETE, UPDATE on .* from public/,
  },
  {
    what: "another role may write a column",
    spoil: run(`grant update (undo) on ${ledger} to ROLE`),
    code: untrusted,
    message: /app_\w+ has the right of UPDATE/,
  },
  {
    what: "another role may write every table",
    spoil: run("grant pg_write_all_data to ROLE"),
    code: untrusted,
    message: /app_\w+ may write every table.*revoke pg_write_all_data from/,
  },
  {
    what: "the ledger belongs to another role",
    spoil: run(`alter table ${ledger} owner to ROLE`),
    code: untrusted,
    message: /mikro_orm_migrations belongs to app_\w+, and this session is of another role/,
  },
  ...[ledger, audit].map((table) => ({
    what: `there is a trigger on ${table}`,
    spoil: run(
      "create function f() returns trigger language plpgsql as 'begin return new; end'",
      `create trigger evil before insert on ${table} for each row execute function f()`,
    ),
    code: untrusted,
    message: new RegExp(`the trigger evil is on public.${table}: drop trigger "evil" on`),
  })),
  ...[ledger, audit].map((table) => ({
    what: `there is a rule on ${table}`,
    spoil: run(`create rule evil as on insert to ${table} do also nothing`),
    code: untrusted,
    message: new RegExp(`the rule evil is on public.${table}: drop rule "evil" on`),
  })),
  {
    what: "another function is behind the trigger of the audit",
    spoil: run(
      "create function f() returns trigger language plpgsql as 'begin return new; end'",
      `create or replace trigger only_grows before update on ${audit} for each row execute function f()`,
    ),
    code: untrusted,
    message: /the trigger only_grows is on .*_audit: drop trigger/,
  },
  {
    what: "the trigger of the audit is disabled",
    spoil: run(`alter table ${audit} disable trigger only_grows`),
    code: untrusted,
    message: /only_grows of .*_audit is disabled: alter table .* enable trigger only_grows/,
  },
  {
    what: "the trigger of the audit is gone",
    spoil: run(`drop trigger only_grows on ${audit}`),
    code: untrusted,
    message: /only_grows of .*_audit is gone: create or replace trigger/,
  },
];

const by = (name: string) => `${name} \\(applied by migrator 1\\.2\\.3 on ${hostname()}\\)`;
const withComputed = {
  ...newer,
  "M5.ts": `import { Migration } from "@mikro-orm/migrations";
/** @noop up */
export class M5 extends Migration { override up() {} override async down() { await this.execute("select 1"); } }`,
};

const without: Case[] = [
  {
    what: "its down is computed",
    more: withComputed,
    code: "no-undo",
    message: new RegExp(`${by("M5")} has no undo in the ledger: it cannot be reverted, or its down computes`),
  },
  { what: "it has no down", more: { ...newer, M5: { up: ["select 1"] } }, code: "no-undo", message: RegExp(by("M5")) },
  {
    what: "its down was left blank",
    more: { ...newer, M5: { up: ["select 1"], down: ["-- todo"] } },
    code: "no-undo",
    message: RegExp(by("M5")),
  },
  {
    what: "it was baselined",
    spoil: async (sql, _, dsn) => {
      const folder = await folderOf({ ...known, ...newer, M5: { up: ["select 1"], down: ["select 2"] } });
      const shadow = { servers: [dsn] };
      expect(await baseline(contextOf(dsn, folder), { at: "M5", shadow })).toMatchObject({ outcome: "baselined" });
      expect(await sql(`select undo from ${ledger} where name = 'M5'`)).toEqual([{ undo: null }]);
    },
    code: "no-undo",
    message: RegExp(`M5 \\(recorded by baseline with migrator 1\\.2\\.3 on ${hostname()}\\).*it was never run`),
  },
  {
    what: "MikroORM's own CLI applied it",
    spoil: run(`insert into ${ledger} (name) values ('M5')`),
    code: "no-undo",
    message: /M5 \(applied by MikroORM's own CLI\).*that CLI stores none/,
  },
  {
    what: "a release without digests applied it",
    spoil: set("undo_digest = null, undo_position = null, undo_transactional = null, undo_losses = null"),
    code: "no-undo",
    message: RegExp(`${by("M4_d")}.*without a digest.*migrator down.*migrator repair M4_d`),
  },
  {
    what: "the whole ledger is an earlier release's",
    spoil: run(
      ...["transactional", "losses", "position", "digest", "signature"].map(
        (column) => `alter table ${ledger} drop column undo_${column}`,
      ),
      `alter table ${audit} drop column undo_digest`,
    ),
    code: "no-undo",
    message: RegExp(`${by("M3_c")}.*without a digest`),
  },
  {
    what: "only its digest is gone",
    spoil: set("undo_digest = null"),
    code: "no-undo",
    message: /M4_d.*part is missing/,
  },
  { what: "its undo is no list", spoil: set(`undo = '{"a": 1}'`), code: "no-undo", message: RegExp(by("M4_d")) },
  { what: "its undo is no list of texts", spoil: set("undo = '[1]'"), code: "no-undo", message: RegExp(by("M4_d")) },
];

const controls: Case[] = [
  "commit",
  "begin",
  "rollback",
  "START TRANSACTION",
  "End",
  "abort",
  "/* so */ COMMIT",
  "-- so\nCommit and chain",
  "drop table d; commit; begin",
  "savepoint s",
  "release savepoint s",
  "rollback to savepoint s",
  "prepare transaction 'x'",
  "copy d from stdin",
].map((statement) => ({
  what: `its undo sends ${JSON.stringify(statement)}`,
  spoil: async (sql: Sql) => await rewrite(sql, "M4_d", ["drop view v", statement]),
  code: untrusted,
  message: /M4_d.*sends ".*", but the runner owns the transaction/s,
}));

const targets: Case[] = [
  { what: "one step down", options: {}, code: "missing", message: /M4_d.*not in the folder.*down --to M/ },
  { what: "steps down", options: { steps: 2 }, code: "missing", message: /M3_c.*down --to M/ },
  { what: "all the way down", options: { all: true }, code: "missing", message: /M4_d.*down --to M/ },
  {
    what: "down to an unknown one",
    options: { to: "M7" },
    outcome: "thrown",
    code: "unknown-migration",
    message: /no migration "M7"/,
  },
  {
    what: "down to one that fits several",
    options: { to: "M" },
    outcome: "thrown",
    code: "unknown-migration",
    message: /fits 4 migrations/,
  },
  {
    what: "down to one that is itself newer",
    options: { to: "M3_c" },
    code: "unknown-migration",
    message: /M3_c is applied, but its file is not in the folder.*only to a migration that this build knows/,
  },
  {
    what: "down past a file that was edited",
    files: { ...known, M2_b: { up: ["create table b ()"], down: ["drop table b"] } },
    options: { to: "M1_a" },
    code: "changed",
    message: /M2_b was edited/,
  },
  {
    what: "down to where another file is missing",
    files: { M2_b: known.M2_b },
    options: { to: "M2_b" },
    code: "missing",
    message: /M1_a is applied, but its file is not in the folder/,
  },
  {
    what: "while another migration is half done",
    spoil: run(
      `insert into ${ledger}_progress (migration, number, direction, state, total, sql) values ('M5', 1, 'up', 'done', 2, 'x')`,
    ),
    code: "half-done",
    message: /M5 is half done/,
  },
];

const lossy = losing("M5_e", "b.note, public.d", { up: ["select 1"], down: ["select 2"] });
const losses: Case[] = [
  {
    what: "a loss is not named",
    more: { ...newer, ...lossy },
    code: "lossy-undo",
    message: /M5_e loses b\.note, public\.d when it is reverted: accept that with --accept-loss M5_e/,
  },
  {
    what: "another migration's loss is named",
    more: { ...newer, ...lossy },
    options: { to: "M2_b", acceptLosses: ["M4_d"] },
    code: "lossy-undo",
    message: /M5_e loses/,
  },
  {
    what: "the loss of a migration is named that is not to be reverted",
    more: { ...newer, ...lossy },
    options: { to: "M2_b", acceptLosses: ["M2_b", "M5_e"] },
    outcome: "thrown",
    code: "unknown-migration",
    message: /no migration "M2_b"/,
  },
  {
    what: "the loss was removed from the ledger",
    more: { ...newer, ...lossy },
    spoil: set("undo_losses = '[]'", "M5_e"),
    code: untrusted,
    message: /M5_e.*digest of its ledger row/,
  },
  {
    what: "rows have come into a table that goes",
    spoil: run("insert into d values (1), (2)"),
    code: "lossy-undo",
    message: /M4_d loses d \(2 rows\) when it is reverted: accept that with --accept-loss M4_d/,
  },
  {
    what: "values have come into a column that goes",
    spoil: run("update b set note = 'x'"),
    code: "lossy-undo",
    message: /M3_c loses b\.note \(1 value\) when it is reverted/,
  },
  {
    what: "values have come into a column that goes, and only other losses are named",
    spoil: run("update b set note = 'x'", "insert into d values (1)"),
    options: { to: "M2_b", acceptLosses: ["M4_d"] },
    code: "lossy-undo",
    message: /^M3_c loses b\.note \(1 value\)/,
  },
  {
    what: "a table that goes was renamed since",
    more: { ...newer, M5_e: { up: ["alter table d rename to e"], down: ["alter table e rename to d"] } },
    spoil: run("insert into e select generate_series(1, 1001)"),
    code: "lossy-undo",
    message: /M4_d loses e \(more than 1,000 rows\)/,
  },
  {
    what: "a loop drops a schema with rows",
    more: {
      ...newer,
      M5_e: {
        up: ["create schema s", "create table s.x (id int)"],
        down: ["do $$ begin for i in 1..1 loop drop schema s cascade; end loop; end $$"],
      },
    },
    spoil: run("insert into s.x values (1)"),
    code: "lossy-undo",
    message: /M5_e loses s\.x \(1 row\)/,
  },
];

/** What a migration may add that has nothing to lose, although rows are there. */
const lossless = {
  M5_e: {
    up: [
      `alter table b add column "Plan" text not null default 'free', add column twice int generated always as (id * 2) stored`,
      "alter table b add column checked boolean not null default false, add column place point default '(1,2)'",
      "alter table b add column price numeric(10, 2) default 0, add column rate float default 1.5, add column kinds text[] default array['a', 'b']",
    ],
    down: [
      `alter table b drop column "Plan", drop column twice`,
      "alter table b drop column checked, drop column place",
    ],
  },
};

/** A role that may log in, for this test. */
async function createRole(dsn: string, sql: Sql): Promise<string> {
  const role = `app_${crypto.randomUUID().replaceAll("-", "")}`;
  await sql(`create role ${role} login password 'x'`);
  onTestFinished(async () => {
    const cleaner = await openClient(dsn);
    await cleaner.query(`drop owned by ${role} cascade`);
    await cleaner.query(`drop role ${role}`);
  });
  return role;
}

describe.each([
  ["what was stored is another one:", edits],
  ["others can write:", others],
  ["there is no undo:", without],
  ["the undo controls the transaction:", controls],
  ["the target:", targets],
  ["what is lost:", losses],
] as const)("an old image refuses, and changes nothing; %s", (_, cases) => {
  it.each(cases)("$what", async (one) => {
    const { dsn, sql, past } = await start(one.more);
    const role = await createRole(dsn, sql);
    await one.spoil?.(sql, role, dsn);
    const context = one.files ? contextOf(dsn, await folderOf(one.files)) : past;
    const before = await dump(dsn, sql);
    const { outcome, codes, message } = await tryDown(context, one.options ?? { to: "M2_b" });
    expect(message).toMatch(one.message);
    expect(codes).toContain(one.code);
    expect(outcome).toBe(one.outcome ?? "refused");
    expect(await dump(dsn, sql)).toEqual(before);
  });
});

/** The schema and rows of a fresh database at a migration of the old image. */
async function freshAt(name: string) {
  const { sql, dsn } = await start({}, { applied: known });
  if (name === "M1_a") await tryDown(contextOf(dsn, await folderOf(known)), { to: "M1_a" });
  return await contentOf(dsn, sql);
}

/** The catalog and the rows of the tables that are not the migrator's. */
async function contentOf(dsn: string, sql: Sql) {
  const { catalog } = (await dump(dsn, sql)) as { catalog: unknown };
  const rows = await sql(
    "select to_regclass('a')::text as a, to_regclass('b')::text as b, (select count(*) from a) as n",
  );
  return { catalog, rows };
}

describe("an old image on a newer database", () => {
  it.each(["M2_b", "M1_a"])("goes back to %s: schema, status, audit, and up again by the newer one", async (to) => {
    const { dsn, sql, past, future } = await start();
    expect((await readStatus(past)).state).toBe("ahead");
    const { outcome, steps } = await tryDown(past, { to });
    expect(outcome).toBe("reverted");
    expect(steps.map(({ name, result, source }) => [name, result, source])).toEqual([
      ["M4_d", "reverted", "ledger"],
      ["M3_c", "reverted", "ledger"],
      ...(to === "M1_a" ? [["M2_b", "reverted", undefined]] : []),
    ]);
    expect(await contentOf(dsn, sql)).toEqual(await freshAt(to));
    expect(await readStatus(past)).toMatchObject({ state: to === "M1_a" ? "behind" : "current", problems: [] });
    const entries = await sql(
      `select migration, role = session_user as role, tool_version, duration_ms > 0 as timed from ${audit} where action = 'reverted' order by id`,
    );
    expect(entries).toEqual(
      steps.map(({ name }) => ({ migration: name, role: true, tool_version: "1.2.3", timed: true })),
    );
    expect(await up(future)).toMatchObject({ outcome: "applied", error: null });
    expect(await readStatus(future)).toMatchObject({ state: "current", problems: [] });
    expect((await tryDown(past, { to: "M2_b" })).outcome).toBe("reverted");
  });

  it("shows the statements first, and where they come from; a dry run changes nothing", async () => {
    const { dsn, sql, past } = await start();
    const before = await dump(dsn, sql);
    const { down } = await import("../src/commands/up-and-down.ts");
    expect(await down(past, { to: "M1_a", dryRun: true })).toMatchObject({
      outcome: "planned",
      steps: [
        { name: "M4_d", source: "ledger", statements: 1 },
        { name: "M3_c", source: "ledger" },
        { name: "M2_b", result: "planned" },
      ],
      sql: [{ statements: ["drop view v; drop table d"] }, {}, {}],
    });
    expect(await dump(dsn, sql)).toEqual(before);
    await down(past, { to: "M2_b" });
    expect(past.events).toContainEqual({ type: "unsigned", migrations: ["M4_d", "M3_c"] });
    expect(past.events).toContainEqual(
      expect.objectContaining({
        type: "planned",
        plan: { direction: "down", steps: ["M4_d", "M3_c"], fromLedger: ["M4_d", "M3_c"] },
      }),
    );
  });

  it("is never taken back by up", async () => {
    const { dsn, sql, past } = await start();
    const before = await dump(dsn, sql);
    expect(await up(past)).toMatchObject({ outcome: "refused", error: { code: "ahead" } });
    expect(await dump(dsn, sql)).toEqual(before);
  });

  it("reverts what loses something once that is named", async () => {
    const { past } = await start({ ...newer, ...lossy });
    expect(await tryDown(past, { to: "M2_b", acceptLosses: ["M5"] })).toMatchObject({ outcome: "reverted" });
  });

  it("reverts what takes rows and values with it once that is named", async () => {
    const { past, sql } = await start();
    await sql("update b set note = 'x'");
    await sql("insert into d values (1)");
    const accepted = { to: "M2_b", acceptLosses: ["M4_d", "M3_c"] };
    expect(await tryDown(past, accepted)).toMatchObject({ outcome: "reverted" });
  });

  it("asks for nothing where columns hold their defaults", async () => {
    const { past } = await start({ ...newer, ...lossless });
    expect(await tryDown(past, { to: "M2_b" })).toMatchObject({ outcome: "reverted" });
  });

  it("uses its file of what it knows, and the ledger of what it does not know in between", async () => {
    const { dsn, sql } = await start();
    await rewrite(sql, "M4_d", ["this is no SQL"]);
    const between = contextOf(dsn, await folderOf({ ...known, M4_d: newer.M4_d }));
    const { outcome, steps } = await tryDown(between, { to: "M2_b" });
    expect(outcome).toBe("reverted");
    expect(steps.map(({ source }) => source)).toEqual([undefined, "ledger"]);
  });

  it("reverts rows that an earlier MikroORM named with the file's ending", async () => {
    const { sql, past } = await start();
    await sql(`update ${ledger} set name = name || '.ts'`);
    expect((await tryDown(past, { to: "M2_b" })).outcome).toBe("reverted");
    expect(await sql(`select name from ${ledger} order by id`)).toEqual([{ name: "M1_a.ts" }, { name: "M2_b.ts" }]);
  });

  it("takes transaction words within a body for what they are", async () => {
    const { sql, past } = await start();
    await rewrite(sql, "M4_d", ["do $$ begin drop view v; drop table d; end $$", "select 'commit; rollback'"]);
    expect((await tryDown(past, { to: "M2_b" })).outcome).toBe("reverted");
  });

  it("works for a role that is no superuser and owns the ledger", async () => {
    const { dsn, sql } = await start({}, { applied: { M0: { up: ["select 1"], down: ["select 2"] } } });
    const role = await createRole(dsn, sql);
    await sql(`create schema s authorization ${role}`);
    const address = Object.assign(new URL(dsn), { username: role, password: "x" });
    address.searchParams.set("options", "-c search_path=s");
    const options = { ledger: "s.ledger", undoKey: "k".repeat(40) };
    await up(contextOf(address.href, await folderOf({ ...known, ...newer }), options));
    const { outcome, message } = await tryDown(contextOf(address.href, await folderOf(known), options), { to: "M2_b" });
    expect([outcome, message.trim()]).toEqual(["reverted", ""]);
  });
});

describe("when an undo fails", () => {
  it("nothing of those before it in the transaction is reverted, and the report says so", async () => {
    const { dsn, sql, past } = await start();
    await rewrite(sql, "M3_c", ["alter table b drop column note", "select 1 / 0"]);
    const before = await dump(dsn, sql);
    const { outcome, codes, message, steps } = await tryDown(past, { to: "M1_a" });
    expect({ outcome, codes }).toEqual({ outcome: "failed", codes: ["failed"] });
    expect(message).toContain("M3_c failed at statement 2 of 2: division by zero");
    expect(steps.map(({ name, result }) => [name, result])).toEqual([
      ["M4_d", "notRun"],
      ["M3_c", "failed"],
      ["M2_b", "notRun"],
    ]);
    const [failed] = await sql<{ id: string }>(
      `select id from ${audit} where action = 'failed' and migration = 'M3_c' and sql_state = '22012' and statement = 2`,
    );
    await sql(`alter table ${audit} disable trigger only_grows`);
    await sql(`delete from ${audit} where id = $1`, [failed?.id]);
    await sql(`alter table ${audit} enable trigger only_grows`);
    expect(await dump(dsn, sql)).toEqual(before);
  });

  it("a check that was deferred to the end of its migration counts as the migration's failure", async () => {
    const deferred = "create table e (id int references a deferrable initially deferred)";
    const { past } = await start({
      M3_e: { up: [deferred], down: ["drop table e"] },
      M4_x: { up: ["select 1"], down: ["insert into e values (7)"] },
    });
    const { message } = await tryDown(past, { to: "M2_b" });
    expect(message).toMatch(/M4_x failed.*violates foreign key/);
  });

  it("settings of one migration do not reach the next", async () => {
    const { past, sql } = await start({
      M3_e: {
        up: ["create table e (path text, who text)"],
        down: ["insert into e values (current_setting('search_path'), current_user)"],
      },
      M4_x: { up: ["select 1"], down: ["set search_path = pg_catalog", "set role pg_monitor"] },
    });
    expect((await tryDown(past, { to: "M2_b" })).outcome).toBe("reverted");
    expect(await sql("select path, who = current_user as own from e")).toEqual([
      { path: '"$user", public', own: true },
    ]);
  });
});

describe("an undo outside a transaction", () => {
  const index: Steps = {
    transactional: false,
    up: ["create index concurrently i on a (id)", "create table e ()"],
    down: ["drop table e", "drop index concurrently i"],
  };

  it("is run by its own rules, between what shares a transaction", async () => {
    const { dsn, sql, past } = await start({ M3_c: newer.M3_c, M3_i: index, M4_d: newer.M4_d });
    const { outcome, steps } = await tryDown(past, { to: "M2_b" });
    expect([outcome, steps.length]).toEqual(["reverted", 3]);
    expect(await contentOf(dsn, sql)).toEqual(await freshAt("M2_b"));
  });

  it("that is cut off is half done, and the same command finishes it", async () => {
    const { dsn, sql, past } = await start({ M3_c: newer.M3_c, M3_i: index, M4_d: newer.M4_d });
    await sql("alter table e add column x int; create view stands as select x from e");
    const first = await tryDown(past, { to: "M2_b" });
    expect(first.steps.map(({ name, result }) => [name, result])).toEqual([
      ["M4_d", "reverted"],
      ["M3_i", "failed"],
      ["M3_c", "notRun"],
    ]);
    await sql("drop view stands");
    expect((await tryDown(past, { to: "M2_b" })).outcome).toBe("reverted");
    expect(await contentOf(dsn, sql)).toEqual(await freshAt("M2_b"));
  });

  it("may not control transactions either", async () => {
    const { past, dsn, sql } = await start({ M3_i: { ...index, down: ["begin", "drop table e", "commit"] } });
    const before = await dump(dsn, sql);
    expect(await tryDown(past, { to: "M2_b" })).toMatchObject({ outcome: "refused", codes: [untrusted] });
    expect(await dump(dsn, sql)).toEqual(before);
  });
});

describe("a ledger that another release wrote", () => {
  const columns = ["transactional", "losses", "position", "digest", "signature"];

  it("is completed by up, and what is applied from then on can be reverted without its file", async () => {
    const { sql, past, future } = await start({}, { applied: known });
    for (const column of columns) await sql(`alter table ${ledger} drop column undo_${column}`);
    await sql(`alter table ${audit} drop column undo_digest`);
    const next = contextOf(future.dsn, await folderOf({ ...known, ...newer }));
    expect(await up(next)).toMatchObject({ outcome: "applied", error: null });
    expect((await tryDown(past, { to: "M2_b" })).outcome).toBe("reverted");
  });

  it("may be written by an earlier release, whose rows the old image does not trust", async () => {
    const { sql, past, future } = await start(newer);
    await sql(
      `insert into ${ledger} (name, executed_at, checksum, duration_ms, applied_by, applied_from, tool_version, run_id, undo)
       values ('M5', clock_timestamp(), 'x', 1, session_user, 'there', '0.9.0', 'r', '["select 1"]')`,
    );
    await sql(`insert into ${audit} (action, migration, checksum) values ('applied', 'M5', 'x')`);
    expect(await tryDown(past, { to: "M2_b" })).toMatchObject({
      outcome: "refused",
      message: expect.stringMatching(/M5 \(applied by migrator 0\.9\.0 on there\).*without a digest/),
    });
    expect((await readStatus(future)).state).toBe("ahead");
  });
});

it("a digest that fits is accepted, so that the cases above refuse what they name", async () => {
  const { sql, past } = await start();
  await redigest(sql, "M4_d");
  expect((await tryDown(past, { to: "M2_b" })).outcome).toBe("reverted");
});
