import { expect, it } from "vitest";
import { MigrationFailedError } from "../src/errors.ts";
import { up } from "../src/commands/up-and-down.ts";
import { contextOf, emptyDatabase, folderOf } from "./support.ts";

const secret = "$2b$10$N9qo)=(8uLO. already exists";

it.each([
  [
    "a duplicate key",
    `create unique index on a (id, "ha,sh", lower(hash))`,
    `Key (id, "ha,sh", lower(hash)) is duplicated.`,
  ],
  ["a duplicate row", `insert into b select hash from a`, "Key (hash) already exists."],
  [
    "a key that refers to nothing",
    `alter table a add foreign key (hash) references c`,
    `Key (hash) is not present in table "c".`,
  ],
  ["a row that overlaps", `alter table a add exclude using hash (hash with =)`, expect.stringMatching(/^Key \(hash\)/)],
  ["a row that a check refuses", `alter table a add check (length(hash) < 3)`, null],
  ["a missing value", `insert into a select null, hash, hash from a`, null],
  ["a row that a view refuses", `insert into v select hash from a`, null],
])("names the columns of %s, and shows no value", async (_, statement, detail) => {
  const { dsn, sql } = await emptyDatabase();
  await sql(`create table a (id int not null, hash text, "ha,sh" text); create table b (hash text primary key);
    create table c (hash text primary key); create view v as select hash from b where hash is null with check option;
    insert into a values (1, '${secret}', '${secret}'), (1, '${secret}', '${secret}')`);
  const context = contextOf(dsn, await folderOf({ M1: { up: [statement] } }));
  const { error } = await up(context);
  expect(error).toBeInstanceOf(MigrationFailedError);
  expect(error).toMatchObject({ detail });
  expect(JSON.stringify([error, error?.message, context.events])).not.toContain(secret.slice(0, 8));
  const audit = await sql("select * from mikro_orm_migrations_audit");
  expect(audit.length).toBeGreaterThan(0);
  expect(JSON.stringify(audit)).not.toContain(secret.slice(0, 8));
});

it.each([
  ["execute", `await this.execute("insert into a values (?), (?)", ["${secret}", "${secret}"]);`],
  ["an EntityManager", `await this.getEntityManager().execute("insert into a values (?), (null)", ["${secret}"]);`],
])("shows no value that MikroORM puts into its message, of %s", async (_, code) => {
  const { dsn, sql } = await emptyDatabase();
  await sql("create table a (hash text primary key)");
  const { error } = await up(contextOf(dsn, await folderOf({ M1: { code } })));
  expect(error).toBeInstanceOf(MigrationFailedError);
  expect(error?.message).toMatch(/unique|not-null/);
  expect(JSON.stringify([error, error?.message])).not.toContain(secret.slice(0, 8));
  expect(JSON.stringify(await sql("select * from mikro_orm_migrations_audit"))).not.toContain(secret.slice(0, 8));
});
