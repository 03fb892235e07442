import { fingerprint, readCatalog } from "@thedata/catalog";
import { expect, onTestFinished } from "vitest";
import { down, up } from "../src/commands/up-and-down.ts";
import type { MigratorError } from "../src/errors.ts";
import type { ContextOptions } from "../src/execute/context.ts";
import type { MigrateOptions } from "../src/execute/prepared.ts";
import { scopeOf } from "../src/ledger/catalog-scope.ts";
import { defaultLedger } from "../src/ledger/tables.ts";
import type { SignedPlace } from "../src/ledger/undo-digest.ts";
import { digestUpdate } from "../src/ledger/undo-digester.ts";
import { connect } from "../src/postgres/connection.ts";
import { contextOf, emptyDatabase, folderOf, migrationSource, openClient, type Sql, type Steps } from "./support.ts";

export const ledger = "mikro_orm_migrations";
export const audit = `${ledger}_audit`;
export const key = "k".repeat(32);

/** What the old image has. */
export const known = {
  M1_a: { up: ["create table a (id int primary key)", "insert into a values (1)"], down: ["drop table a"] },
  M2_b: {
    up: ["create table b (id int primary key, a int references a)", "insert into b values (1, 1)"],
    down: ["drop table b"],
  },
} satisfies Record<string, Steps>;

/** What the newer image has besides. */
export const newer = {
  M3_c: { up: ["alter table b add column note text"], down: ["alter table b drop column note"] },
  M4_d: {
    up: ["create table d (id int)", "create view v as select note from b"],
    down: ["drop view v; drop table d"],
  },
} satisfies Record<string, Steps>;

export type Files = Readonly<Record<string, Steps | string>>;

/** A migration's file whose class says what it loses. */
export function losing(name: string, losses: string, steps: Steps): Record<string, string> {
  return { [`${name}.ts`]: migrationSource(name, steps).replace("export", `/** @loses ${losses} */\nexport`) };
}

/** A database that the newer image has brought to its head, and the contexts of both images. */
export async function start(
  more: Files = newer,
  {
    applied,
    server,
    ...options
  }: Partial<ContextOptions> & { readonly applied?: Files; readonly server?: string } = {},
) {
  const database = await emptyDatabase(server);
  const future = contextOf(database.dsn, await folderOf(applied ?? { ...known, ...more }), options);
  expect(await up(future)).toMatchObject({ outcome: "applied", error: null });
  const past = contextOf(database.dsn, await folderOf(known), options);
  return { ...database, future, past };
}

/** Gives a row's undo the digest that it would have, in ledger and audit, as somebody could who may write both. */
export async function redigest(sql: Sql, name: string): Promise<void> {
  const [row] = await sql<{ checksum: string; undo: string[]; transactional: boolean; losses: string[] }>(
    "select checksum, undo, undo_transactional as transactional, undo_losses as losses from mikro_orm_migrations where name = $1",
    [name],
  );
  if (!row) throw new Error(`there is no row of ${name}`);
  const { checksum, undo, transactional, losses } = row;
  const subject = { name, checksum, undo: { statements: undo, transactional, losses } };
  const update = digestUpdate(subject, defaultLedger);
  await sql(update.sql, [...update.parameters]);
  await sql(
    `insert into mikro_orm_migrations_audit (action, migration, undo_digest)
     select 'repaired', name, undo_digest from mikro_orm_migrations where name = $1`,
    [name],
  );
}

/** Writes other statements as a row's undo, with digests that fit. */
export async function rewrite(sql: Sql, name: string, statements: readonly string[]): Promise<void> {
  await sql("update mikro_orm_migrations set undo = $2 where name = $1", [name, JSON.stringify(statements)]);
  await redigest(sql, name);
}

/** The catalog, the rows of all tables, and ledger, audit and progress with all that is on them. */
export async function dump(dsn: string, sql: Sql): Promise<unknown> {
  const { query, close } = await connect(dsn, "test");
  const catalog = fingerprint(await readCatalog(query, scopeOf(defaultLedger)));
  await close();
  const tables = await sql<{ name: string; acl: string | null; owner: string }>(
    `select oid::regclass::text as name, relacl::text as acl, relowner::regrole::text as owner from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'v') order by 1`,
  );
  const rows: unknown[] = [];
  for (const { name } of tables) rows.push(await sql(`select to_jsonb(t) as row from ${name} t order by t::text`));
  return {
    catalog,
    tables,
    rows,
    columns: await sql(
      "select attrelid::regclass::text as table, attname, attacl::text from pg_attribute where attrelid::regclass::text like 'mikro%' and attnum > 0 order by 1, attnum",
    ),
    triggers: await sql("select tgrelid::regclass::text, tgname, tgenabled from pg_trigger order by 1, 2"),
    rules: await sql("select ev_class::regclass::text, rulename from pg_rewrite where oid > 16383 order by 1, 2"),
  };
}

/** The database that signatures are made for. */
export async function readPlace(sql: Sql): Promise<SignedPlace> {
  const [place] = await sql<SignedPlace>(
    "select system_identifier::text as system, current_database() as database from pg_control_system()",
  );
  return place ?? { system: "", database: "" };
}

/** What became of a `down`: its outcome, and the codes and messages of all that spoke against it. */
export async function tryDown(context: ReturnType<typeof contextOf>, options: MigrateOptions) {
  try {
    const { outcome, error, problems, steps } = await down(context, options);
    const codes = [...problems.map(({ code }) => code), ...(error ? [error.code] : [])];
    const message = [...problems.map((one) => one.message), error?.message ?? ""].join("\n");
    return { outcome, codes, message, steps };
  } catch (error) {
    const { code, message } = error as MigratorError;
    return { outcome: "thrown", codes: [code], message, steps: [] };
  }
}

/** A migration that loses what its class says, and nothing else. */
export const lossy = losing("M5_e", "b.note, public.d", { up: ["select 1"], down: ["select 2"] });

/** A role that may log in, for this test. */
export async function createRole(dsn: string, sql: Sql): Promise<string> {
  const role = `app_${crypto.randomUUID().replaceAll("-", "")}`;
  await sql(`create role ${role} login password 'x'`);
  onTestFinished(async () => {
    const cleaner = await openClient(dsn);
    await cleaner.query(`drop owned by ${role} cascade`);
    await cleaner.query(`drop role ${role}`);
  });
  return role;
}
