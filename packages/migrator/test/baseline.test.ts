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
  const advice = 'run "migrator baseline --at M"';
  const unrecorded = (tables: number) => ({ type: "unrecorded", tables, advice: expect.stringContaining(advice) });

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
    await expect(baseline(context, { from: "alembic", shadow })).rejects.toThrow(
      "alembic_version records no migration",
    );
    await sql("insert into alembic_version values ('abc123')");
    await expect(baseline(context, { from: "alembic", shadow })).rejects.toThrow(
      `No migration corresponds to "abc123", the last that alembic applied`,
    );
    const revisions = { abc123: "M2000_b" };
    expect(await baseline(context, { from: "alembic", revisions, shadow })).toMatchObject({ outcome: "baselined" });
  });

  it("refuses an unknown migration, and a database that Alembic never saw", async () => {
    const { context, shadow } = await start(made);
    await expect(baseline(context, { at: "M9", shadow })).rejects.toThrow('no migration "M9"');
    await expect(baseline(context, { from: "alembic", shadow })).rejects.toThrow("no table alembic_version");
  });
});

describe("baseline from another tool", () => {
  const tools = {
    prisma: [
      "create table _prisma_migrations (id varchar(36) primary key, migration_name varchar(255) not null, finished_at timestamptz, rolled_back_at timestamptz, started_at timestamptz not null default now())",
      "insert into _prisma_migrations (id, migration_name, finished_at) values ('1', 'first', now()), ('2', 'theirs', now() + interval '1 s'), ('3', 'failed', null)",
    ],
    flyway: [
      "create table flyway_schema_history (installed_rank int primary key, version varchar(50), description varchar(200), success boolean not null)",
      "create index flyway_schema_history_s_idx on flyway_schema_history (success)",
      "insert into flyway_schema_history values (1, '1', 'first', true), (2, 'theirs', 'second', true), (3, null, 'repeatable', true), (4, '9', 'failed', false)",
    ],
    typeorm: [
      `create table migrations (id serial primary key, "timestamp" bigint not null, name varchar not null)`,
      "insert into migrations (timestamp, name) values (1, 'first'), (2, 'theirs')",
    ],
    knex: [
      "create table knex_migrations (id serial primary key, name varchar(255), batch int, migration_time timestamptz)",
      "create table knex_migrations_lock (index serial primary key, is_locked int)",
      "insert into knex_migrations (name) values ('first.js'), ('theirs.ts')",
    ],
    drizzle: [
      "create schema drizzle",
      "create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)",
      "insert into drizzle.__drizzle_migrations (hash, created_at) values ('x', 1), ('y', 4711)",
    ],
    dbmate: [
      "create table schema_migrations (version varchar primary key)",
      "insert into schema_migrations values ('1000'), ('2000')",
    ],
    goose: [
      "create table goose_db_version (id serial primary key, version_id bigint not null, is_applied boolean not null)",
      "insert into goose_db_version (version_id, is_applied) values (0, true), (1000, true), (2000, true)",
    ],
  } as const;
  const revisions = { theirs: "M2000_b", "4711": "M2000_b" };

  it.each(Object.keys(tools) as (keyof typeof tools)[])("%s is found by its table, which is no drift", async (tool) => {
    const { sql, context, shadow } = await start([...made, ...tools[tool]]);
    // dbmate's and goose's versions are those of files that can be ours as they are.
    const map = ["dbmate", "goose"].includes(tool) ? {} : { revisions };
    const report = await baseline(context, { shadow, ...map });
    expect(report).toMatchObject({ outcome: "baselined", differences: [] });
    expect(await sql("select name from mikro_orm_migrations order by id")).toEqual([
      { name: "M1000_a" },
      { name: "M2000_b" },
    ]);
    expect(await baseline(context, { from: tool, shadow, ...map })).toMatchObject({ outcome: "nothing" });
  });

  it("asks which, where nothing or more than one tool has left its table", async () => {
    const { sql, context, shadow } = await start([...made, "create table migrations (id int)"]);
    // A table of that name is TypeORM's only where it looks like it.
    await expect(baseline(context, { shadow })).rejects.toThrow("no table of a supported tool");
    for (const statement of [...tools.dbmate, ...tools.knex]) await sql(statement);
    await expect(baseline(context, { shadow })).rejects.toThrow("tables of");
    await expect(baseline(context, { from: "knex", shadow })).rejects.toThrow('"theirs", the last that knex applied');
  });
});
