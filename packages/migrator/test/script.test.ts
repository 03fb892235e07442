import { describe, expect, it } from "vitest";
import { readStatus } from "../src/commands/status.ts";
import { renderScript } from "../src/commands/sql.ts";
import { up } from "../src/commands/up-and-down.ts";
import { splitCommands } from "@thedata/catalog/sql";
import { contextOf, emptyDatabase, folderOf, ledgerOf, type Sql, type Steps, tablesOf } from "./support.ts";

const start = async (migrations: Readonly<Record<string, Steps>>) => {
  const { dsn, sql, connect } = await emptyDatabase();
  return { sql, connect, context: contextOf(dsn, await folderOf(migrations)) };
};

const history = {
  M1000_a: { up: ["create table a (id int)", "insert into a values (1)"], down: ["drop table a"] },
  M2000_b: { up: ["create table b (note text default 'it''s; \\ $1')"], down: ["drop table b"] },
};

describe("the script of up", () => {
  it("is not made of a migration that was left blank", async () => {
    const { context } = await start({ ...history, M3000_c: { up: [] } });
    await expect(renderScript(context)).rejects.toMatchObject({
      code: "refused",
      message: expect.stringMatching(/M3000_c has no statement in its up.*@noop up/),
    });
  });

  it("leaves the schema and the ledger that a run leaves", async () => {
    const { sql, context } = await start(history);
    await sql(await renderScript(context));
    expect(await tablesOf(sql)).toEqual(["a", "b", "mikro_orm_migrations"]);
    expect(await readStatus(context)).toMatchObject({ state: "current", problems: [] });
    expect((await up(context)).outcome).toBe("nothing");
    expect(await sql("select action, migration from mikro_orm_migrations_audit order by id")).toEqual([
      { action: "applied", migration: "M1000_a" },
      { action: "applied", migration: "M2000_b" },
    ]);
    const [row] = (await readStatus(context)).applied;
    expect(row).toMatchObject({ undo: ["drop table a"], appliedBy: expect.any(String) });
  });

  it("keeps apart what stands behind a comment", async () => {
    const { sql, context } = await start({
      M1: { up: ["create schema audit -- where logs go", "create table logs (id int) -- the end;"], down: [] },
    });
    await sql(await renderScript(context));
    expect(await tablesOf(sql)).toEqual(["logs", "mikro_orm_migrations"]);
  });

  it("refuses what is applied already, and changes nothing", async () => {
    const { sql, context } = await start(history);
    await up(context, { steps: 1 });
    await expect(sql(await renderScript(context))).rejects.toThrow("M1000_a is applied already");
    await sql("rollback");
    await sql(await renderScript(context, { from: "M1000_a" }));
    expect((await readStatus(context)).state).toBe("current");
  });

  /** Sends a script as psql does without ON_ERROR_STOP: command by command, whatever fails. */
  const sendAll = async (sql: Sql, script: string) => {
    for (const { sql: command } of splitCommands(script)) await sql(command).catch(() => {});
  };

  it("changes nothing behind an error, also where psql goes on", async () => {
    const { sql, context } = await start({ M1: { up: ["create table a ()", "nonsense"] }, ...history });
    await sendAll(sql, await renderScript(context));
    expect(await ledgerOf(sql)).toEqual([]);
    expect(await tablesOf(sql)).toEqual(["mikro_orm_migrations"]);
  });

  it("changes nothing while another runner holds the lock, also where psql goes on", async () => {
    const { context, sql, connect } = await start(history);
    const other = await connect();
    const script = await renderScript(context);
    const [lock = ""] = /pg_try_advisory_lock\((.*)\) then/.exec(script)?.slice(1) ?? [];
    await other.query(`select pg_advisory_lock(${lock})`);
    await sendAll(sql, script);
    expect(await ledgerOf(sql)).toEqual([]);
    await other.query("select pg_advisory_unlock_all()");
    await sendAll(sql, script);
    expect(await ledgerOf(sql)).toEqual(["M1000_a", "M2000_b"]);
  });

  it("stops at a migration that computes its statements", async () => {
    const { context } = await start({ M1: { code: 'await this.execute("select 1");', up: ["create table a ()"] } });
    expect(await renderScript(context)).toContain("M1 computes its SQL at run time");
  });
});

describe("the script of down", () => {
  it("goes back from the head to a migration", async () => {
    const { sql, context } = await start(history);
    await up(context);
    await sql(await renderScript(context, { down: true, to: "M1000_a" }));
    expect(await tablesOf(sql)).toEqual(["a", "mikro_orm_migrations"]);
    expect(await readStatus(context)).toMatchObject({ state: "behind", head: "M1000_a" });
  });
});

it("refuses an unknown end, and one behind the beginning", async () => {
  const { context } = await start(history);
  await expect(renderScript(context, { to: "M3" })).rejects.toThrow('no migration "M3"');
  await expect(renderScript(context, { from: "M2000_b", to: "M1000_a" })).rejects.toThrow("in the wrong order for up");
});

it.each([
  ["a line break", "M1_a\ndrop table kept; --"],
  ["a carriage return", "M1_a\rdrop table kept; --"],
  ["quotes and the tag of our own blocks", "M1_a' $migrator$; drop table kept; do $migrator$ begin --"],
])("keeps a file's name that holds %s within its comments and literals", async (_, name) => {
  const { sql, context } = await start({ [name]: { up: ["create table b ()"] } });
  await sql("create table kept ()");
  const script = await renderScript(context);
  expect(splitCommands(script).map(({ sql: command }) => command)).not.toContain("drop table kept");
  await sql(script);
  expect(await tablesOf(sql)).toEqual(["b", "kept", "mikro_orm_migrations"]);
  expect(await readStatus(context)).toMatchObject({ state: "current", head: name });
});
