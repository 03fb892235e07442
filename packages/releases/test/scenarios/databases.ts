import { createDatabase, dropDatabase } from "@thedata/dev-postgres";
import pg from "pg";
import { owner, role, type Scenario } from "./scenario.ts";

const password = "scenario";

/** A scenario's schema before and after its step, with the rows from before, for the application's role. */
export interface ScenarioDatabases {
  readonly before: string;
  readonly after: string;
  /** Runs SQL as the owner on the schema after the step. */
  runAfter(statements: readonly string[]): Promise<void>;
  drop(): Promise<void>;
}

/** The rights of an application, on whatever the owner will make. */
const rights = [
  // Not by a grant, which the emptying of any other database would revoke.
  `do $$ begin execute format('alter database %I owner to ${owner}', current_database()); end $$`,
  `alter schema public owner to ${owner}`,
  `grant usage on schema public to ${role}`,
  ...["select, insert, update, delete on tables", "usage, select on sequences", "usage on schemas"].map(
    (right) => `alter default privileges for role ${owner} grant ${right} to ${role}`,
  ),
];

/** Creates the roles of all scenarios, which are the server's and stay; files of tests do so at the same time. */
export async function createRoles(server: string): Promise<void> {
  const roles = [`${owner} nologin`, `${role} login password '${password}'`];
  await run(server, [
    "select pg_advisory_lock(hashtextextended('the roles of scenarios', 0))",
    ...roles.map((one) => `do $$ begin create role ${one}; exception when duplicate_object then null; end $$`),
    `grant ${owner} to current_user`,
  ]);
}

/** Makes the databases of a scenario. Throws PostgreSQL's error. */
export async function openDatabases(
  server: string,
  scenario: Scenario,
  unusual: readonly string[],
): Promise<ScenarioDatabases> {
  const [before, after] = await Promise.all([take(server), take(server)]);
  const rows = [...scenario.rows, ...unusual];
  await Promise.all([
    run(before, [...rights, asOwner, ...scenario.before, ...rows]),
    run(after, [...rights, asOwner, ...scenario.before, ...rows, ...scenario.migration]),
  ]);
  return {
    before: asApplication(before),
    after: asApplication(after),
    runAfter: async (statements) => await run(after, [asOwner, ...statements]),
    drop: async () => {
      await Promise.all([giveBack(server, before), giveBack(server, after)]);
    },
  };
}

/** Emptied databases: to empty one takes a tenth of the time that a new one does. */
const free: string[] = [];

/** What makes a database as good as new: all that a scenario makes belongs to the owner. */
const emptied = [
  `drop owned by ${owner} cascade`,
  "create schema if not exists public",
  `do $$ begin execute format('alter database %I reset all', current_database()); end $$`,
  `do $$ begin execute format('alter role ${role} in database %I reset all', current_database()); end $$`,
];

async function take(server: string): Promise<string> {
  return free.pop() ?? (await createDatabase(server));
}

async function giveBack(server: string, dsn: string): Promise<void> {
  try {
    await run(dsn, emptied);
    free.push(dsn);
  } catch {
    await dropDatabase(server, dsn);
  }
}

/** Drops the databases that no scenario uses any more. */
export async function dropDatabases(server: string): Promise<void> {
  await Promise.all(free.splice(0).map(async (dsn) => await dropDatabase(server, dsn)));
}

const asOwner = `set role ${owner}`;

function asApplication(dsn: string): string {
  const url = new URL(dsn);
  url.username = role;
  url.password = password;
  return url.href;
}

async function run(dsn: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client(dsn);
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
