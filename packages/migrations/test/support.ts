import { Migrator } from "@mikro-orm/migrations";
import { MikroORM } from "@mikro-orm/postgresql";
import { createDatabase } from "@thedata/dev-postgres";
import pg from "pg";
import { onTestFinished } from "vitest";
import { directory, migrations } from "../src/index.ts";

/** Sends one statement and gives its rows. */
export type Sql = <Row = Record<string, unknown>>(text: string, values?: unknown[]) => Promise<Row[]>;

/** The names of the four migrations, oldest first. */
export const [initialSchema, fixSchema, addUserRoles, updateOrganizations] = migrations.map(({ name }) => name) as [
  string,
  string,
  string,
  string,
];

/** A database for one test, and MikroORM's stock migrator on it. */
export interface History {
  readonly dsn: string;
  readonly sql: Sql;
  /** Applies the migrations up to and including `name`; default: all. */
  up(name?: string): Promise<void>;
  /** Reverts the last migration, or all. */
  down(all?: "all"): Promise<void>;
}

const templates = new Map<string, Promise<string>>();

/** Creates a database on `server`, empty or migrated up to `name`; it is removed with its server. */
export async function openHistory(server: string, name?: string): Promise<History> {
  const dsn = await (name === undefined ? createDatabase(server) : copyTemplate(server, name));
  const client = new pg.Client(dsn);
  await client.connect();
  onTestFinished(async () => await client.end());
  return {
    dsn,
    sql: async (text, values) => (await client.query(text, values)).rows as never,
    up: async (to) => await withMigrator(dsn, async (migrator) => await migrator.up(to === undefined ? {} : { to })),
    down: async (all) => await withMigrator(dsn, async (migrator) => await migrator.down(all ? { to: 0 } : {})),
  };
}

/** Migrates one template per server and name, and copies it for each test. */
async function copyTemplate(server: string, name: string): Promise<string> {
  const key = `${server} ${name}`;
  const made = templates.get(key) ?? makeTemplate(server, name);
  templates.set(key, made);
  return await createDatabase(server, { template: await made });
}

async function makeTemplate(server: string, name: string): Promise<string> {
  const dsn = await createDatabase(server, { name: `template ${name}`.slice(0, 63) });
  await withMigrator(dsn, async (migrator) => await migrator.up({ to: name }));
  return decodeURIComponent(new URL(dsn).pathname.slice(1));
}

async function withMigrator(dsn: string, work: (migrator: Migrator) => Promise<unknown>): Promise<void> {
  const orm = await MikroORM.init({
    clientUrl: dsn,
    entities: [],
    discovery: { warnWhenNoEntities: false },
    extensions: [Migrator],
    migrations: { path: directory, pathTs: directory, snapshot: false, silent: true },
  });
  try {
    await work(orm.migrator as Migrator);
  } finally {
    await orm.close(true);
  }
}

/** Inserts a row and gives the whole row back. */
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

/** Inserts a user; the default address is made from the role. */
export async function insertUser(sql: Sql, role: string, email = `${role}@example.com`) {
  return await insert(sql, "users", { email, full_name: `A ${role}`, hashed_password: "x", role });
}

/** One column of a query's rows. */
export async function column<Value = string>(sql: Sql, query: string, values?: unknown[]): Promise<Value[]> {
  return (await sql<Record<string, Value>>(query, values)).map((row) => Object.values(row)[0] as Value);
}
