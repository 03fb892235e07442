import { MikroORM } from "@mikro-orm/postgresql";
import { Migrator } from "@mikro-orm/migrations";
import { hostname } from "node:os";
import { expect, describe, it, onTestFinished } from "vitest";
import { connect } from "../src/postgres/connection.ts";
import { ConfigurationError } from "../src/errors.ts";
import { readLedger } from "../src/ledger/ledger.ts";
import { loadMigration } from "../src/history/load.ts";
import { down, up } from "../src/commands/up-and-down.ts";
import { readStatus } from "../src/commands/status.ts";
import { contextOf, emptyDatabase, folderOf, ledgerOf, openClient, tablesOf, type TestDatabase } from "./support.ts";

const table = (name: string) => ({ up: [`create table ${name} (id int)`], down: [`drop table ${name}`] });
const steps = { M1000_a: table("a"), M2000_b: table("b") };

/** Reads the ledger as a program would that only has an address. */
async function read(dsn: string, ledger?: { schema: string; table: string }) {
  const connection = await connect(dsn, "reader");
  try {
    return await readLedger(connection.query, ledger);
  } finally {
    await connection.close();
  }
}

describe("readLedger", () => {
  it("gives an empty list on an empty database, and makes no table", async () => {
    const { dsn, sql } = await emptyDatabase();
    expect(await read(dsn)).toEqual([]);
    expect(await read(dsn, { schema: "nowhere", table: "ledger" })).toEqual([]);
    expect(await tablesOf(sql)).toEqual([]);
  });

  it("gives what was recorded: checksum, duration, who, from where, version, run and the way back", async () => {
    const { dsn, sql } = await emptyDatabase();
    const context = contextOf(dsn, await folderOf(steps));
    await up(context);
    const { checksum } = await loadMigration({ name: "M1000_a", path: `${context.directory}/M1000_a.ts` });
    const [login] = await sql<{ login: string }>("select session_user as login");
    const rows = await read(dsn);
    expect(rows[0]).toEqual({
      name: "M1000_a",
      appliedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      checksum,
      durationMs: expect.any(Number),
      appliedBy: login?.login,
      appliedFrom: hostname(),
      toolVersion: "1.2.3",
      runId: context.runId,
      undo: ["drop table a"],
    });
    expect(rows.map(({ name, runId }) => [name, runId])).toEqual(
      Object.keys(steps).map((name) => [name, context.runId]),
    );
  });

  it("records no way back where there is none, or where it is computed", async () => {
    const { dsn } = await emptyDatabase();
    const computed = `import { Migration } from "@mikro-orm/migrations";
/** @noop up */
export class M2 extends Migration { override up() {} override async down() { await this.execute("select 1"); } }`;
    await up(contextOf(dsn, await folderOf({ M1: { up: ["select 1"] }, "M2.ts": computed })));
    expect((await read(dsn)).map(({ undo }) => undo)).toEqual([null, null]);
  });
});

describe("the ledger's table", () => {
  it.each([
    { name: "my_ledger", found: "public.my_ledger" },
    { name: "other.ledger", found: "other.ledger" },
    { name: `Quoted "ledger's" name`, found: `public."Quoted ""ledger's"" name"` },
  ])("may be called $name", async ({ name, found }) => {
    const { dsn, sql } = await emptyDatabase();
    await sql("create schema other");
    const context = contextOf(dsn, await folderOf(steps), { ledger: name });
    await up(context);
    expect(await sql(`select name from ${found} order by id`)).toHaveLength(2);
    await down(context, { all: true });
    expect(await sql(`select name from ${found}`)).toEqual([]);
  });

  it.each(["", "a.b.c", ".a", "a."])(`is not called "%s"`, (name) => {
    expect(() => contextOf("postgresql://localhost/x", ".", { ledger: name })).toThrow(ConfigurationError);
  });

  it("is closed to a role that default privileges opened new tables to, except for reading", async () => {
    const { dsn, sql } = await emptyDatabase();
    const role = await applicationRole(dsn);
    await sql(`alter default privileges in schema public grant all on tables to ${role}`);
    await sql(`alter default privileges in schema public grant insert on tables to public`);
    await up(contextOf(dsn, await folderOf(steps)));
    const rights = ["select", "insert", "update", "delete", "truncate"].map(
      (right) => `has_table_privilege('${role.replaceAll('"', "")}', 'mikro_orm_migrations', '${right}') as "${right}"`,
    );
    expect(await sql(`select ${rights.join(", ")}`)).toEqual([
      { select: true, insert: false, update: false, delete: false, truncate: false },
    ]);
    expect(await sql(`select has_table_privilege('${role.replaceAll('"', "")}', 'a', 'insert') as open`)).toEqual([
      { open: true },
    ]);
  });
});

/** A role with a name that wants quotes, for this test. */
async function applicationRole(dsn: string): Promise<string> {
  const client = await openClient(dsn);
  const role = `"App ${crypto.randomUUID()}"`;
  await client.query(`create role ${role}`);
  onTestFinished(async () => {
    const cleaner = await openClient(dsn);
    await cleaner.query(`drop owned by ${role}`);
    await cleaner.query(`drop role ${role}`);
  });
  return role;
}

/** MikroORM's own migrator on the same folder and database. */
async function stockMigrator({ dsn }: TestDatabase, path: string): Promise<Migrator> {
  const orm = await MikroORM.init({
    clientUrl: dsn,
    entities: [],
    discovery: { warnWhenNoEntities: false },
    extensions: [Migrator],
    migrations: { path, pathTs: path, snapshot: false, silent: true },
  });
  onTestFinished(async () => await orm.close(true));
  return orm.migrator as Migrator;
}

/** The files that the stock migrator loads too: it needs them where `@mikro-orm/migrations` is found. */
async function stockFolder() {
  const original = JSON.stringify(import.meta.resolve("@mikro-orm/migrations"));
  return await folderOf(
    Object.fromEntries(
      Object.entries(steps).map(
        ([
          name,
          {
            up: [create],
            down: [drop],
          },
        ]) => [
          `${name}.ts`,
          `import { Migration } from ${original};
export class ${name} extends Migration { override up() { this.addSql("${create}"); } override down() { this.addSql("${drop}"); } }`,
        ],
      ),
    ),
  );
}

describe("a project that comes from the stock MikroORM", () => {
  it("goes on from its ledger as it is", async () => {
    const database = await emptyDatabase();
    const folder = await stockFolder();
    await (await stockMigrator(database, folder)).up({ to: "M1000_a" });
    const context = contextOf(database.dsn, folder);
    expect(await readStatus(context)).toMatchObject({
      state: "behind",
      applied: [{ name: "M1000_a", checksum: null, toolVersion: null, durationMs: null }],
      pending: [{ name: "M2000_b" }],
      problems: [],
    });
    expect((await up(context)).steps).toHaveLength(1);
    expect(await ledgerOf(database.sql)).toEqual(["M1000_a", "M2000_b"]);
    await down(context, { all: true });
    expect(await tablesOf(database.sql)).toEqual(["mikro_orm_migrations"]);
  });

  it("runs a migration with a backfill as one statement", async () => {
    const database = await emptyDatabase();
    const original = JSON.stringify(import.meta.resolve("@mikro-orm/migrations"));
    const folder = await folderOf({
      "M1000_a.ts": `import { Migration } from ${original};
export class M1000_a extends Migration {
  readonly backfill = { table: "t", set: "n = 1" };
  override up() { this.addSql("update t set n = 1"); }
}`,
    });
    await database.sql("create table t (n int); insert into t select from generate_series(1, 3)");
    await (await stockMigrator(database, folder)).up();
    expect(await database.sql("select n from t")).toEqual([{ n: 1 }, { n: 1 }, { n: 1 }]);
    expect(await readStatus(contextOf(database.dsn, folder))).toMatchObject({ state: "current", problems: [] });
  });

  it("goes on from a ledger whose names have the file's ending", async () => {
    const database = await emptyDatabase();
    const folder = await stockFolder();
    await (await stockMigrator(database, folder)).up();
    await database.sql("update mikro_orm_migrations set name = name || '.ts'");
    const context = contextOf(database.dsn, folder);
    expect((await up(context)).outcome).toBe("nothing");
    await down(context);
    expect(await ledgerOf(database.sql)).toEqual(["M1000_a.ts"]);
  });

  it("may go back to it: pending, executed, up and down work", async () => {
    const database = await emptyDatabase();
    const folder = await stockFolder();
    await up(contextOf(database.dsn, folder), { to: "M1000_a" });
    const migrator = await stockMigrator(database, folder);
    expect((await migrator.getExecuted()).map(({ name }) => name)).toEqual(["M1000_a"]);
    expect((await migrator.getPending()).map(({ name }) => name)).toEqual(["M2000_b"]);
    await migrator.up();
    expect(await tablesOf(database.sql)).toEqual(["a", "b", "mikro_orm_migrations"]);
    await migrator.down({ to: 0 });
    expect(await tablesOf(database.sql)).toEqual(["mikro_orm_migrations"]);
    expect((await up(contextOf(database.dsn, folder))).steps).toHaveLength(2);
  });
});

describe("a ledger that is out of reach", () => {
  it("in a schema that does not exist is a mistake of the configuration, and nothing runs", async () => {
    const { dsn, sql } = await emptyDatabase();
    const running = up(contextOf(dsn, await folderOf(steps), { ledger: "nowhere.ledger" }));
    await expect(running).rejects.toThrow(ConfigurationError);
    await expect(running).rejects.toThrow(`schema "nowhere" does not exist`);
    expect(await tablesOf(sql)).toEqual([]);
  });

  it("for a role that may not read it is a mistake of the configuration", async () => {
    const { dsn, sql } = await emptyDatabase();
    await up(contextOf(dsn, await folderOf(steps)));
    const role = await applicationRole(dsn);
    await sql(`alter role ${role} login password 'x'`);
    const address = Object.assign(new URL(dsn), { username: role.replaceAll('"', ""), password: "x" }).href;
    await expect(read(address)).rejects.toThrow(ConfigurationError);
  });
});
