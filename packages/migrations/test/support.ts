import { Migrator } from "@mikro-orm/migrations";
import { MikroORM } from "@mikro-orm/postgresql";
import { createDatabase, dropDatabase } from "@thedata/dev-postgres";
import "@thedata/dev-postgres/vitest";
import pg from "pg";
import { inject, onTestFinished } from "vitest";
import { directory, migrations } from "../src/index.ts";

/** Sends one statement and gives its rows. */
export type Sql = <Row = Record<string, unknown>>(text: string, values?: unknown[]) => Promise<Row[]>;

/** The four migrations by their place in the history. */
export const [initialSchema, fixSchema, addUserRoles, updateOrganizations] = migrations.map(({ name }) => name) as [
  string,
  string,
  string,
  string,
];

/** A database of the test's own, and MikroORM's stock migrator on it. */
export interface History {
  readonly dsn: string;
  readonly sql: Sql;
  /** Applies everything up to and with `name`; everything unless told. */
  up(name?: string): Promise<void>;
  /** Reverts the last migration, or all. */
  down(all?: "all"): Promise<void>;
}

/** Makes an empty database on `server`, migrated up to `name`; it is dropped after the test. */
export async function openHistory(name?: string, server: string = inject("postgresDsn")): Promise<History> {
  const dsn = await createDatabase(server);
  const client = new pg.Client(dsn);
  client.on("error", () => {});
  await client.connect();
  const orm = await MikroORM.init({
    clientUrl: dsn,
    entities: [],
    discovery: { warnWhenNoEntities: false },
    extensions: [Migrator],
    migrations: { path: directory, pathTs: directory, snapshot: false, silent: true },
  });
  onTestFinished(async () => {
    await orm.close(true);
    await client.end().catch(() => {});
    await dropDatabase(server, dsn);
  });
  const migrator = orm.migrator as Migrator;
  const history: History = {
    dsn,
    sql: async (text, values) => (await client.query(text, values)).rows as never,
    up: async (to) => void (await migrator.up(to === undefined ? {} : { to })),
    down: async (all) => void (await migrator.down(all ? { to: 0 } : {})),
  };
  if (name !== undefined) await history.up(name);
  return history;
}

/** Inserts a row and gives it back whole. */
export async function insert<Row = Record<string, string>>(
  sql: Sql,
  table: string,
  row: Record<string, unknown>,
): Promise<Row> {
  const columns = Object.keys(row);
  const values = columns.map((_, index) => `$${index + 1}`);
  const [inserted] = await sql<Row>(
    `insert into ${table} (${columns.join(", ")}) values (${values.join(", ")}) returning *`,
    Object.values(row),
  );
  if (!inserted) throw new Error(`nothing was inserted into ${table}`);
  return inserted;
}

/** Inserts somebody; the address is made from the role unless told. */
export async function insertUser(sql: Sql, role: string, email = `${role}@example.com`) {
  return await insert(sql, "users", { email, full_name: `A ${role}`, hashed_password: "x", role });
}

/** One column of a query's rows. */
export async function column<Value = string>(sql: Sql, query: string, values?: unknown[]): Promise<Value[]> {
  return (await sql<Record<string, Value>>(query, values)).map((row) => Object.values(row)[0] as Value);
}
