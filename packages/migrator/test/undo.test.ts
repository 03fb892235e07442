import { describe, expect, it } from "vitest";
import { readStatus } from "../src/commands/status.ts";
import { up } from "../src/commands/up-and-down.ts";
import { contextOf, folderOf, type Sql, type Steps } from "./support.ts";
import { audit, createRole, dump, lossy, known, ledger, newer, rewrite, start, tryDown } from "./undo-project.ts";

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
      "alter table b drop column price, drop column rate, drop column kinds",
    ],
  },
};

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
    expect(await tryDown(past, { to: "M2_b" })).toMatchObject({ outcome: "refused", codes: ["untrusted-undo"] });
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
