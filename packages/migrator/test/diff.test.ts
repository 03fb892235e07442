import type { OrmOptions } from "../src/execute/orm-options.ts";
import { defineEntity, p } from "@mikro-orm/core";
import { PostgreSqlConnection, PostgreSqlDriver } from "@mikro-orm/postgresql";
import { Client } from "pg";
import { inject, describe, expect, it, onTestFinished, vi } from "vitest";
import { diff } from "../src/commands/diff.ts";
import { AheadError } from "../src/errors.ts";
import { up } from "../src/commands/up-and-down.ts";
import { addFiles, contextOf, emptyDatabase, folderOf, type Steps } from "./support.ts";

const history: Readonly<Record<string, Steps>> = {
  M1000_a: { up: ["create table a (id int primary key, note text)"], down: ["drop table a"] },
  M2000_b: { up: ["create index idx_a_note on a (note)"], down: ["drop index idx_a_note"] },
  M3000_c: { up: ["create table c (id int primary key)"], down: ["drop table c"] },
};
const entity = (note: object) =>
  defineEntity({ name: "A", tableName: "a", properties: { id: p.integer().primary().autoincrement(false), ...note } });
const C = defineEntity({ name: "C", tableName: "c", properties: { id: p.integer().primary().autoincrement(false) } });
const equalModels: OrmOptions = {
  entities: [entity({ note: p.text().nullable().index("idx_a_note") }), C],
};

const shadow = () => ({ servers: [inject("postgresDsn")] });

async function start(options: { readonly to?: string; readonly ormOptions?: OrmOptions } = {}) {
  const [database, folder] = [await emptyDatabase(), await folderOf(history)];
  const context = contextOf(database.dsn, folder, { ormOptions: options.ormOptions });
  await up(context, { to: options.to });
  return { ...database, folder, context };
}

describe("diff", () => {
  it("finds models, migrations and an untouched database equal", async () => {
    const { context } = await start({ ormOptions: equalModels });
    expect(await diff(context, shadow())).toMatchObject({
      outcome: "same",
      models: [],
      live: { at: "M3000_c", pending: [], differences: [], problems: [] },
    });
  });

  it("compares the live database at what it has applied: pending migrations are no drift", async () => {
    const { context, sql } = await start({ to: "M1000_a", ormOptions: equalModels });
    expect(await diff(context, shadow())).toMatchObject({
      outcome: "same",
      live: { at: "M1000_a", pending: ["M2000_b", "M3000_c"], differences: [] },
    });
    await sql("alter table a add column stray int");
    expect((await diff(context, shadow())).live?.differences).toMatchObject([
      {
        message: "column a.stray should not be there in the live database",
        statements: ["alter table public.a drop column stray"],
      },
    ]);
  });

  it("sees a schema and its ledger together while a runner is at work", async () => {
    const { context } = await start({ to: "M1000_a" });
    const { query } = Client.prototype;
    let ran = 0;
    Client.prototype.query = async function (this: Client, ...all: unknown[]) {
      // Between the first look at the ledger and that at the schema.
      if (String(all[0]).startsWith("begin isolation level") && ran++ === 0) await up(context);
      return await (query as (...all: unknown[]) => Promise<unknown>).apply(this, all);
    } as unknown as typeof query;
    const found = await diff(context, shadow()).finally(() => (Client.prototype.query = query));
    expect(ran).toBeGreaterThan(1);
    expect(found).toMatchObject({ outcome: "same", live: { at: "M3000_c", differences: [] } });
  });

  it("compares a database that got its migrations in another order", async () => {
    const { context, sql, folder } = await start({ to: "M2000_b" });
    await addFiles(folder, { M1500_late: { up: ["alter table a add column late int"], down: [] } });
    await up({ ...context, allowOutOfOrder: true });
    await sql("drop table c");
    expect((await diff(context, shadow())).live).toMatchObject({
      pending: [],
      differences: [{ message: "table c is missing in the live database" }, { kind: "constraint" }],
    });
  });

  it("names what the migrations lack of the models, and writes nothing to the live database", async () => {
    const models: OrmOptions = { entities: [entity({ note: p.string().default("x"), color: p.text() }), C] };
    const { context, sql } = await start({ ormOptions: models });
    // Every session that comes now can write nothing.
    await sql(
      "do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$",
    );
    const { outcome, models: lacking, live } = await diff(context, shadow());
    expect(outcome).toBe("drift");
    expect(live?.differences).toEqual([]);
    expect(lacking?.map(({ message }) => message)).toEqual([
      "index idx_a_note should not be there in the migrations",
      expect.stringMatching(/^column a\.note in the migrations: default is not set, .*type is text, and should be/),
      "column a.color is missing in the migrations",
    ]);
  });

  it("takes what a platform grants by default for no drift, and a table without it for one", async () => {
    const { sql, dsn } = await emptyDatabase();
    await sql("do $$ begin create role diff_reader; exception when duplicate_object then null; end $$");
    await sql("alter default privileges in schema public grant select on tables to diff_reader");
    const context = contextOf(dsn, await folderOf(history));
    await up(context);
    expect((await diff(context, shadow())).outcome).toBe("same");
    await sql("revoke select on a from diff_reader");
    expect((await diff(context, shadow())).live?.differences).toMatchObject([
      { kind: "table", name: "public.a", statements: ["grant SELECT on table public.a to diff_reader"] },
    ]);
    await sql("drop owned by diff_reader");
  });

  it.each([
    "timezone = 'Europe/Berlin'",
    "datestyle = 'German'",
    "intervalstyle = 'iso_8601'",
    "bytea_output = 'escape'",
    "quote_all_identifiers = on",
    "standard_conforming_strings = off",
  ])("does not take a database with %s for another schema", async (setting) => {
    const { sql, dsn } = await emptyDatabase();
    await sql(
      `do $$ begin execute format('alter database %I set ${setting.replaceAll("'", "''")}', current_database()); end $$`,
    );
    const folder = await folderOf({
      M1000_a: {
        up: [
          `create table a (id int primary key, at timestamptz default '2024-01-01 12:00+00', day date default '2024-01-02',
            span interval default '1 day 2 hours', raw bytea default decode('00ff', 'hex'), "Note" text default E'a\\\\b')`,
        ],
      },
    });
    const context = contextOf(dsn, folder);
    expect((await up(context)).outcome).toBe("applied");
    expect((await diff(context, shadow())).live?.differences).toEqual([]);
  });

  describe("compares the models with the shadow database", () => {
    /** Another database, which the models would differ from. */
    const another = async () => {
      const other = await emptyDatabase();
      await other.sql("create table only_there (id int)");
      return { dsn: other.dsn, dbName: new URL(other.dsn).pathname.slice(1) };
    };
    const lackingOf = async (options: OrmOptions) => {
      const { folder } = await start();
      return (await diff(contextOf("", folder, { ormOptions: { ...equalModels, ...options } }), shadow())).models;
    };

    it.each<[string, (other: { dsn: string; dbName: string }) => OrmOptions]>([
      ["dbName", ({ dbName }) => ({ dbName })],
      ["clientUrl", ({ dsn }) => ({ clientUrl: dsn })],
      ["driverOptions", ({ dsn }) => ({ driverOptions: { connectionString: dsn } })],
      ["driverOptions, computed", ({ dbName }) => ({ driverOptions: () => ({ database: dbName }) })],
      ["replicas", ({ dbName }) => ({ replicas: [{ dbName }], preferReadReplicas: true })],
      ["pool and hooks", () => ({ pool: { max: 0 }, onCreateConnection: () => Promise.reject(new Error("no")) })],
    ])("though their options name another one: %s", async (_, options) => {
      expect(await lackingOf(options(await another()))).toEqual([]);
    });

    it("though MikroORM's variables of the environment name another one", async () => {
      const { dbName } = await another();
      vi.stubEnv("MIKRO_ORM_DB_NAME", dbName);
      vi.stubEnv("MIKRO_ORM_HOST", "nowhere.invalid");
      vi.stubEnv("MIKRO_ORM_PORT", "1");
      onTestFinished(() => void vi.unstubAllEnvs());
      expect(await lackingOf({ preferEnvVars: true })).toEqual([]);
    });

    it("or refuses, where a driver of the project's own connects to another one all the same", async () => {
      const { dsn, dbName } = await another();
      class Elsewhere extends PostgreSqlConnection {
        override mapOptions() {
          return super.mapOptions({ connectionString: dsn });
        }
      }
      class Driver extends PostgreSqlDriver {
        protected override readonly connection = new Elsewhere(this.config);
      }
      await expect(lackingOf({ driver: Driver })).rejects.toMatchObject({
        code: "configuration",
        message: expect.stringMatching(
          new RegExp(
            `connected to the database "${dbName}", and not to the shadow database "migrator_shadow_.*such as driver$`,
          ),
        ),
      });
    });
  });

  it("names what PostgreSQL refuses to make of the migrations, and the rest too", async () => {
    const models: OrmOptions = { entities: [entity({ note: p.datetime().nullable(), color: p.text() }), C] };
    const { folder } = await start();
    const strict = { M4000_d: { up: ["alter table a alter note type boolean using null"], down: [] } };
    await addFiles(folder, strict);
    const { models: lacking } = await diff(contextOf("", folder, { ormOptions: models }), shadow());
    expect(lacking?.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        "column a.color is missing in the migrations",
        expect.stringMatching(/PostgreSQL refuses .*alter column "note" type timestamptz.*: cannot cast type boolean/),
      ]),
    );
  });

  it("tells that a ledger and the files contradict each other", async () => {
    const { context, sql } = await start();
    await sql("update mikro_orm_migrations set checksum = 'x' where name = 'M2000_b'");
    expect(await diff(context, shadow())).toMatchObject({
      outcome: "drift",
      live: { differences: [], problems: [{ code: "changed", migration: "M2000_b" }] },
    });
  });

  it("refuses a database that is ahead of these migrations", async () => {
    const { context, sql } = await start();
    await sql("insert into mikro_orm_migrations (name) values ('M9000_newer')");
    await expect(diff(context, shadow())).rejects.toThrow(AheadError);
  });

  it("compares models and migrations alone where no database is named", async () => {
    const { folder } = await start();
    expect(await diff(contextOf("", folder, { ormOptions: equalModels }), shadow())).toEqual({
      outcome: "same",
      models: [],
      live: null,
    });
    expect(await diff(contextOf("", folder), shadow())).toEqual({ outcome: "same", models: null, live: null });
  });
});
