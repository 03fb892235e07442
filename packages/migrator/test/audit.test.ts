import { describe, expect, it } from "vitest";
import { down, up } from "../src/commands/up-and-down.ts";
import { contextOf, emptyDatabase, folderOf, openClient, until } from "./support.ts";

describe("the audit", () => {
  it("has a row for every apply, revert and failure: who, from where, with what, how long, and why not", async () => {
    const { dsn, sql } = await emptyDatabase();
    const good = { M1: { up: ["create table a ()"], down: ["drop table a"] } };
    const directory = await folderOf({ ...good, M2: { up: ["create table b ()", "select 1 / 0"] } });
    await up(contextOf(dsn, directory));
    await down(contextOf(dsn, directory));
    const rows = await sql(
      `select action, migration, statement, sql_state, error is not null as explained, duration_ms > 0 as timed,
              role = session_user as role, host is not null as host, tool_version, run_id is not null as run
         from mikro_orm_migrations_audit order by id`,
    );
    const common = { timed: true, role: true, host: true, tool_version: "1.2.3", run: true };
    expect(rows).toEqual([
      { action: "applied", migration: "M1", statement: null, sql_state: null, explained: false, ...common },
      { action: "failed", migration: "M2", statement: 2, sql_state: "22012", explained: true, ...common },
      { action: "reverted", migration: "M1", statement: null, sql_state: null, explained: false, ...common },
    ]);
  });

  it.each([
    "update mikro_orm_migrations_audit set migration = 'x'",
    "delete from mikro_orm_migrations_audit",
    "truncate mikro_orm_migrations_audit",
  ])("only grows: %s is refused to its owner too", async (statement) => {
    const { dsn, sql } = await emptyDatabase();
    await up(contextOf(dsn, await folderOf({ M1: { up: ["create table a ()"] } })));
    await expect(sql(statement)).rejects.toThrow("the audit of the migrations only grows");
    expect(await sql("select migration from mikro_orm_migrations_audit")).toEqual([{ migration: "M1" }]);
  });
});

it.each([true, false])("PostgreSQL sees which migration a session is at, transactional %s", async (transactional) => {
  const { dsn } = await emptyDatabase();
  const observer = await openClient(dsn, "observer");
  const directory = await folderOf({ M1_slow: { transactional, up: ["select pg_sleep(1)"] } });
  const run = up(contextOf(dsn, directory));
  const seen = async () =>
    (await observer.query("select 1 from pg_stat_activity where application_name = 'migrator/1.2.3 M1_slow'")).rowCount;
  expect(await until(seen)).toBe(1);
  expect((await run).outcome).toBe("applied");
});
