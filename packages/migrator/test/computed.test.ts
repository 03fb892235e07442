import { defineEntity, p } from "@mikro-orm/core";
import { expect, it } from "vitest";
import { down, up } from "../src/commands/up-and-down.ts";
import { contextOf, emptyDatabase, folderOf, ledgerOf, tablesOf } from "./support.ts";

const people = {
  up: [
    "create table people (id int primary key, name text not null)",
    "insert into people values (1, 'ada'), (2, 'grace')",
  ],
};

/** A migration that reads what is there, writes by every way that there is, and leaves the rest to addSql. */
const code = `
  const rows = await this.execute("select name from people where id > ? order by id", [0]);
  await this.execute("create table notes (text text)");
  const em = this.getEntityManager();
  await em.execute("insert into notes values (?)", [rows.map((row) => row.name).join(" and ")]);
  await em.transactional(async (inner) => { await inner.execute("insert into notes values ('nested')"); });
  this.addSql("insert into notes values ('last')");`;

it("runs execute(), getEntityManager() and addSql() in one transaction, with the ledger's row", async () => {
  const { dsn, sql } = await emptyDatabase();
  const transaction = "insert into notes select txid_current()";
  const folder = await folderOf({
    M1: people,
    M2: {
      code: `${code} await this.execute("${transaction}"); await em.execute("${transaction}");`,
      up: [transaction],
    },
  });
  expect(await up(contextOf(dsn, folder))).toMatchObject({ outcome: "applied", error: null });
  const notes = (await sql<{ text: string }>("select text from notes")).map(({ text }) => text);
  expect(notes.slice(0, 2)).toEqual(["ada and grace", "nested"]);
  expect(notes).toContain("last");
  const [row] = await sql<{ xid: string }>("select xmin::text as xid from mikro_orm_migrations where name = 'M2'");
  const numbers = notes.filter((note) => /^\d+$/.test(note));
  expect(numbers).toHaveLength(3);
  expect(new Set([...numbers, row?.xid]).size).toBe(1);
});

it.each([
  { what: "a later statement", rest: { code, up: ["insert into nowhere values (1)"] }, number: 2 },
  { what: "its own code", rest: { code: `${code} throw new Error("on purpose");` }, number: null },
  {
    what: "a statement of execute()",
    rest: { code: `${code} await this.execute("insert into nowhere values (1)");` },
    number: null,
  },
])("rolls all of it back when $what fails", async ({ rest, number }) => {
  const { dsn, sql } = await emptyDatabase();
  const folder = await folderOf({ M1: people, M2: rest, M3: { up: ["select 1"] } });
  const report = await up(contextOf(dsn, folder));
  expect(report).toMatchObject({ outcome: "failed", error: { code: "failed", migration: "M2", number } });
  expect(report.steps.map(({ result }) => result)).toEqual(["applied", "failed", "notRun"]);
  expect(await tablesOf(sql)).toEqual(["mikro_orm_migrations", "people"]);
  expect(await ledgerOf(sql)).toEqual(["M1"]);
});

it("does not let the migration's code commit or roll back the runner's transaction", async () => {
  const { dsn, sql } = await emptyDatabase();
  const folder = await folderOf({
    M1: {
      code: `await this.execute("create table a ()"); await this.getEntityManager().execute("commit");`,
      up: ["select 1/0"],
    },
  });
  expect((await up(contextOf(dsn, folder))).outcome).toBe("failed");
  expect(await tablesOf(sql)).toEqual(["mikro_orm_migrations"]);
});

it("gives the project's entities to the EntityManager", async () => {
  const Person = defineEntity({
    name: "Person",
    tableName: "people",
    properties: { id: p.integer().primary(), name: p.text() },
  });
  const { dsn, sql } = await emptyDatabase();
  const folder = await folderOf({
    M1: people,
    M2: {
      code: `const em = this.getEntityManager(); (await em.findOneOrFail("Person", 1)).name = "lovelace"; await em.flush();`,
    },
  });
  expect(await up(contextOf(dsn, folder, { ormOptions: { entities: [Person] } }))).toMatchObject({ error: null });
  expect(await sql("select name from people where id = 1")).toEqual([{ name: "lovelace" }]);
});

it("computes down too", async () => {
  const { dsn, sql } = await emptyDatabase();
  const source = `import { Migration } from "@mikro-orm/migrations";
export class M2 extends Migration {
  override up() { this.addSql("create table notes (text text)"); }
  override async down() { await this.execute("create table kept as select * from notes"); this.addSql("drop table notes"); }
}`;
  const context = contextOf(dsn, await folderOf({ M1: people, "M2.ts": source }));
  await up(context);
  expect(await down(context)).toMatchObject({ outcome: "reverted", error: null });
  expect(await tablesOf(sql)).toEqual(["kept", "mikro_orm_migrations", "people"]);
});

it("runs outside a transaction where the migration asks for it", async () => {
  const { dsn, sql } = await emptyDatabase();
  const folder = await folderOf({
    M1: people,
    M2: { transactional: false, code: `await this.execute("create index concurrently idx on people (name)");` },
  });
  expect(await up(contextOf(dsn, folder))).toMatchObject({ outcome: "applied", error: null });
  expect(await sql("select to_regclass('idx')::text as idx")).toEqual([{ idx: "idx" }]);
});

it("reads from the database that is migrated, whatever replica the project's options name", async () => {
  const Person = defineEntity({
    name: "Person",
    tableName: "people",
    properties: { id: p.integer().primary(), name: p.text() },
  });
  const { dsn, sql } = await emptyDatabase();
  const code = `const em = this.getEntityManager().fork(); await em.findOneOrFail("Person", 1); this.addSql("create table found ()");`;
  const folder = await folderOf({ M1: people, M2: { transactional: false, code } });
  const ormOptions = { entities: [Person], replicas: [{ host: "192.0.2.1", port: 1 }], preferReadReplicas: true };
  expect(await up(contextOf(dsn, folder, { ormOptions }))).toMatchObject({ outcome: "applied", error: null });
  expect(await tablesOf(sql)).toContain("found");
});

it.each(["commit", "copy a from stdin"])(
  "refuses what its code left to addSql and cannot be sent: %s",
  async (command) => {
    const { dsn, sql } = await emptyDatabase();
    const code = `await this.execute("create table a (n int)");`;
    const folder = await folderOf({ M1: { code, up: ["insert into a values (1)", command, "select 1/0"] } });
    const report = await up(contextOf(dsn, folder));
    expect(report).toMatchObject({ outcome: "failed", error: { code: "failed", migration: "M1", rolledBack: true } });
    expect(report.error?.message).toContain(`sends "${command}"`);
    expect(await tablesOf(sql)).toEqual(["mikro_orm_migrations"]);
  },
);

it("does not take an error of its code for a lost connection", async () => {
  const { dsn } = await emptyDatabase();
  const code = `await this.execute("select 1"); await (await import("node:fs/promises")).readFile("/nowhere");`;
  const { error } = await up(contextOf(dsn, await folderOf({ M1: { code } })));
  expect(error).toMatchObject({ code: "failed", migration: "M1", sqlState: null });
  expect(error?.message).toMatch(/^M1 failed: ENOENT/);
});
