import { describe, expect, it } from "vitest";
import { baseline } from "../src/commands/baseline.ts";
import { down, up } from "../src/commands/up-and-down.ts";
import { readStatus } from "../src/commands/status.ts";
import { contextOf, emptyDatabase, folderOf, type Steps } from "./support.ts";

const history: Readonly<Record<string, Steps>> = {
  M1000_a: { up: ["create table a (id int primary key, note text not null default 'x')"], down: ["drop table a"] },
  M2000_b: { up: ["create index idx_a_note on a (note)"], down: ["drop index idx_a_note"] },
  M3000_c: { up: ["create view c as select note from a"], down: ["drop view c"] },
};

const start = async (schema: readonly string[]) => {
  const { dsn, sql } = await emptyDatabase();
  for (const statement of schema) await sql(statement);
  return { sql, context: contextOf(dsn, await folderOf(history)), shadow: { servers: [dsn] } };
};

const made = [...(history["M1000_a"]?.up ?? []), ...(history["M2000_b"]?.up ?? [])];

describe("up on a database that has tables and no ledger", () => {
  const unrecorded = (tables: number) => ({ type: "unrecorded", tables });
  const advice = 'adopt it with "migrator baseline --at M"';

  it("says so before it starts, and names baseline where something exists already", async () => {
    const { sql, context } = await start(["create schema other", "create table other.t ()", ...made]);
    const report = await up(context);
    expect(context.events.slice(0, 2)).toEqual([unrecorded(1), expect.objectContaining({ type: "planned" })]);
    expect(report).toMatchObject({ outcome: "failed", error: { sqlState: "42P07" } });
    expect(report.error?.message).toContain(advice);
    // The ledger is there by now, and nothing is in it.
    expect((await up(context)).error?.message).toContain(advice);
    expect(await sql("select * from mikro_orm_migrations")).toEqual([]);
  });

  it("goes on beside tables that are others'", async () => {
    const { context } = await start(["create table others ()", "create table more ()"]);
    expect(await up(context)).toMatchObject({ outcome: "applied" });
    expect(context.events[0]).toEqual(unrecorded(2));
  });

  it("says nothing of an empty database, of an extension's tables, nor of one that has a ledger", async () => {
    const { sql, context } = await start([]);
    await sql("create table owned ()");
    await sql("alter extension plpgsql add table owned");
    await up(context);
    const more = await folderOf({ ...history, M4000_d: { up: ["create view c as select 1 as n"] } });
    const again = await up(contextOf(context.dsn, more));
    expect(context.events.filter(({ type }) => type === "unrecorded")).toEqual([]);
    expect(again).toMatchObject({ outcome: "failed", error: { sqlState: "42P07" } });
    expect(again.error?.message).not.toContain(advice);
    await sql("alter extension plpgsql drop table owned");
  });
});

describe("baseline", () => {
  it("records what the schema has, runs nothing, and up goes on from there", async () => {
    const { sql, context, shadow } = await start(made);
    await sql("insert into a values (1)");
    expect(await baseline(context, { at: "M2000_b", shadow })).toMatchObject({ outcome: "baselined", differences: [] });
    expect(await readStatus(context)).toMatchObject({ state: "behind", head: "M2000_b", problems: [] });
    expect((await up(context)).steps.map(({ name }) => name)).toEqual(["M3000_c"]);
    expect(await sql("select count(*)::int as rows from a")).toEqual([{ rows: 1 }]);
    expect((await down(context, { all: true })).outcome).toBe("reverted");
  });

  it("lists every difference and records nothing, unless they are accepted", async () => {
    const { context, shadow } = await start([
      ...made,
      "alter table a alter note drop not null",
      "create table extra ()",
    ]);
    const report = await baseline(context, { at: "M3000_c", shadow });
    expect(report).toMatchObject({ outcome: "refused", error: { code: "refused" } });
    expect(report.differences).toEqual([
      "table extra should not be there",
      "column a.note: not null is not set, and should be yes",
      "view c is missing",
    ]);
    expect((await readStatus(context)).state).toBe("empty");
    expect((await baseline(context, { at: "M3000_c", shadow, acceptDifferences: true })).outcome).toBe("baselined");
    expect((await readStatus(context)).state).toBe("current");
  });

  it("reads Alembic's revision and maps it", async () => {
    const { sql, context, shadow } = await start([
      ...made,
      "create table alembic_version (version_num varchar(32) primary key)",
    ]);
    await expect(baseline(context, { from: "alembic", shadow })).rejects.toThrow("holds 0 revisions");
    await sql("insert into alembic_version values ('abc123')");
    await expect(baseline(context, { from: "alembic", shadow })).rejects.toThrow("abc123 stands for no migration");
    const revisions = { abc123: "M2000_b" };
    expect(await baseline(context, { from: "alembic", revisions, shadow })).toMatchObject({ outcome: "baselined" });
  });

  it("refuses an unknown migration, and a database that Alembic never saw", async () => {
    const { context, shadow } = await start(made);
    await expect(baseline(context, { at: "M9", shadow })).rejects.toThrow('no migration "M9"');
    await expect(baseline(context, { from: "alembic", shadow })).rejects.toThrow("no table alembic_version");
  });
});
