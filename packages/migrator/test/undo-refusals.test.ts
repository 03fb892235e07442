import { hostname } from "node:os";
import { startPostgres } from "@thedata/dev-postgres";
import { describe, expect, it, onTestFinished } from "vitest";
import { baseline } from "../src/commands/baseline.ts";
import { digestOfUndo } from "../src/ledger/undo-digest.ts";
import type { MigrateOptions } from "../src/execute/prepared.ts";
import { contextOf, folderOf, type Sql } from "./support.ts";
import {
  audit,
  createRole,
  dump,
  type Files,
  known,
  lossy,
  ledger,
  newer,
  redigest,
  rewrite,
  start,
  tryDown,
} from "./undo-project.ts";

/** What an old image refuses to revert. */
interface Case {
  readonly what: string;
  /** The newer image's migrations; default: two that can be reverted. */
  readonly more?: Files;
  /** What somebody does to the database; `role` is another role, and it may be named. */
  readonly spoil?: (sql: Sql, role: string, dsn: string) => Promise<unknown>;
  /** The old image's files in place of its two migrations. */
  readonly files?: Files;
  readonly options?: MigrateOptions;
  /** True: what is spoilt is the server. */
  readonly ownServer?: boolean;
  /** `thrown`: nothing could be planned. */
  readonly outcome?: "refused" | "thrown";
  readonly code: string;
  readonly message: RegExp;
}

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
    // Other tests would see the member, whatever its database.
    ownServer: true,
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
    code: "untrusted-undo",
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

/** A server that is stopped after the test. */
async function ownServer(): Promise<string> {
  const { dsn, stop } = await startPostgres({ source: "embedded" });
  onTestFinished(stop);
  return dsn;
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
    const server = one.ownServer ? { server: await ownServer() } : {};
    const { dsn, sql, past } = await start(one.more, server);
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

it("a digest that fits is accepted, so that the cases above refuse what they name", async () => {
  const { sql, past } = await start();
  await redigest(sql, "M4_d");
  expect((await tryDown(past, { to: "M2_b" })).outcome).toBe("reverted");
});
