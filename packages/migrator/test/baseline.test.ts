import { describe, expect, it } from "vitest";
import { baseline } from "../src/baseline.ts";
import { down, up } from "../src/migrate.ts";
import { readStatus } from "../src/read-status.ts";
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
