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
  `grant ${owner} to current_user`,
  `do $$ begin execute format('grant create on database %I to ${owner}', current_database()); end $$`,
  `alter schema public owner to ${owner}`,
  `grant usage on schema public to ${role}`,
  ...["select, insert, update, delete on tables", "usage, select on sequences", "usage on schemas"].map(
    (right) => `alter default privileges for role ${owner} grant ${right} to ${role}`,
  ),
];

/** Creates the roles of all scenarios, which are the server's and stay. */
export async function createRoles(server: string): Promise<void> {
  const roles = [`${owner} nologin`, `${role} login password '${password}'`];
  await run(
    server,
    roles.map((one) => `do $$ begin create role ${one}; exception when duplicate_object then null; end $$`),
  );
}

/** Makes the databases of a scenario. Throws PostgreSQL's error. */
export async function openDatabases(
  server: string,
  scenario: Scenario,
  unusual: readonly string[],
): Promise<ScenarioDatabases> {
  const [before, after] = await Promise.all([createDatabase(server), createDatabase(server)]);
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
      await Promise.all([dropDatabase(server, before), dropDatabase(server, after)]);
    },
  };
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
