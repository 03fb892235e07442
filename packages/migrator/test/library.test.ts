import { Migration } from "@mikro-orm/migrations";
import pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { createMigrator, MigrationFailedError, RefusedError, reportOf } from "../src/index.ts";
import { readSchemaStatus } from "../src/status.ts";
import { emptyDatabase, folderOf, tablesOf } from "./support.ts";

class AddB extends Migration {
  override up() {
    this.addSql("create table b (id int)");
  }

  override down() {
    this.addSql("drop table b");
  }
}

const list = [
  { name: "Migration20240101000000_a", up: ["create table a (id int)"], down: ["drop table a"] },
  { name: "Migration20240102000000_b", class: AddB },
];

describe("createMigrator", () => {
  it.each([
    ["a connection string", (dsn: string) => dsn],
    ["a configuration", (dsn: string) => ({ connectionString: dsn })],
    ["a pool", (dsn: string) => closing(new pg.Pool({ connectionString: dsn }))],
    ["a client", (dsn: string) => new pg.Client({ connectionString: dsn })],
    [
      "a pool of parts, whose password is not listed",
      (dsn: string) => {
        const { hostname, port, username, password, pathname } = new URL(dsn);
        const parts = { host: hostname, port: Number(port), user: username, password, database: pathname.slice(1) };
        return closing(new pg.Pool({ ...parts, query_timeout: 1 }));
      },
    ],
    ["a client of parts", (dsn: string) => new pg.Client({ connectionString: dsn, query_timeout: 1 })],
    [
      "a client that is connected",
      async (dsn: string) => {
        const client = closing(new pg.Client(dsn));
        await client.connect();
        return client;
      },
    ],
  ])("takes %s, and a list of migrations", async (_, connect) => {
    const { dsn, sql } = await emptyDatabase();
    const migrator = createMigrator({ connection: await connect(dsn), migrations: list });
    expect(await migrator.up()).toMatchObject({ outcome: "applied" });
    expect(await tablesOf(sql)).toEqual(["a", "b", "mikro_orm_migrations"]);
    expect(await migrator.up()).toMatchObject({ outcome: "nothing" });
    expect(await migrator.status()).toMatchObject({ state: "current", head: "Migration20240102000000_b" });
    expect(await migrator.down({ all: true })).toMatchObject({ outcome: "reverted" });
    expect(await tablesOf(sql)).toEqual(["mikro_orm_migrations"]);
  });

  it("rejects with what failed, and tells how far the run came", async () => {
    const { dsn } = await emptyDatabase();
    const broken = { name: "Migration20240103000000_c", up: ["select 1/0"], down: [] };
    const error = await createMigrator({ connection: dsn, migrations: [...list, broken] })
      .up()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MigrationFailedError);
    expect(error).toMatchObject({ migration: broken.name, number: 1, sqlState: "22012" });
    expect(reportOf(error)?.steps.map(({ result }) => result)).toEqual(["applied", "applied", "failed"]);
  });

  it("rejects where a person must decide, with every problem", async () => {
    const { dsn, sql } = await emptyDatabase();
    await createMigrator({ connection: dsn, migrations: list }).up();
    const edited = list.map((one) => ("up" in one ? { ...one, up: ["create table a (id bigint)"] } : one));
    const error = await createMigrator({ connection: dsn, migrations: edited, onEvent: () => {} })
      .down()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RefusedError);
    expect((error as Error).message).toContain("was edited after it was applied");
    expect(reportOf(error)).toMatchObject({ outcome: "refused", problems: [{ code: "changed" }] });
    expect(await tablesOf(sql)).toContain("a");
  });

  it("draws, prints and proves a list, and writes nothing where there is no folder", async () => {
    const { dsn } = await emptyDatabase();
    const migrator = createMigrator({ connection: dsn, migrations: list });
    expect(await migrator.sql()).toContain("create table b (id int);");
    expect((await migrator.erd({ format: "mermaid" })).text).toContain("erDiagram");
    expect((await migrator.verify()).outcome).toBe("ok");
    await expect(migrator.create({ name: "more", blank: true })).rejects.toThrow(
      "give a migrations folder, not a list",
    );
  });

  it("stops a run by its signal", async () => {
    const { dsn, sql } = await emptyDatabase();
    const controller = new AbortController();
    const migrations = [{ name: "Migration20240101000000_a", up: ["create table a (id int)", "select pg_sleep(60)"] }];
    const run = createMigrator({
      connection: dsn,
      migrations,
      signal: controller.signal,
      onEvent: ({ type }) => void (type === "started" && setTimeout(() => controller.abort(), 100)),
    }).up();
    await expect(run).rejects.toThrow("Interrupted");
    expect(await tablesOf(sql)).toEqual(["mikro_orm_migrations"]);
  });
});

describe("readSchemaStatus", () => {
  it("says where a database stands by names and checksums alone", async () => {
    const { dsn, sql } = await emptyDatabase();
    const query = async (text: string, values?: readonly unknown[]) => (await sql(text, values?.slice())) as never;
    const expected = [{ name: "Migration20240101000000_a" }];
    expect(await readSchemaStatus(query, expected)).toMatchObject({ state: "empty" });
    await createMigrator({ connection: dsn, migrations: list.slice(0, 1) }).up();
    expect(await readSchemaStatus(query, expected)).toMatchObject({ state: "current" });
    expect(await readSchemaStatus(query, [])).toMatchObject({ state: "ahead" });
    expect(
      await readSchemaStatus(query, [{ ...expected[0], name: "Migration20240101000000_a", checksum: "x" }]),
    ).toMatchObject({
      state: "diverged",
    });
    await sql(
      "insert into mikro_orm_migrations_progress (migration, number, direction, state, total, sql) values ('Migration20240102000000_b', 1, 'up', 'done', 2, 'select 1')",
    );
    expect(await readSchemaStatus(query, expected)).toMatchObject({ state: "half-done" });
  });
});

function closing<Closable extends { end(): Promise<void> }>(one: Closable): Closable {
  onTestFinished(async () => await one.end());
  return one;
}

it("a folder is taken as well", async () => {
  const { dsn } = await emptyDatabase();
  const migrations = await folderOf({ M1: { up: ["select 1"], down: ["select 1"] } });
  expect(await createMigrator({ connection: dsn, migrations }).up({ dryRun: true })).toMatchObject({
    outcome: "planned",
    steps: [{ name: "M1", result: "planned" }],
  });
});
