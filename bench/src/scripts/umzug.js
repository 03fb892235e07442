// What a team that uses umzug writes: a client, a ledger, and one transaction for a migration and its row.
import { pathToFileURL } from "node:url";
import pg from "pg";
import { Umzug } from "umzug";

const [command, steps] = process.argv.slice(2);
const client = new pg.Client(process.env.DATABASE_URL);
await client.connect();
await client.query(
  "create table if not exists umzug_ledger (name text primary key, executed_at timestamptz not null default now())",
);

async function inTransaction(work) {
  await client.query("begin");
  try {
    await work();
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}

const umzug = new Umzug({
  migrations: {
    glob: "migrations/*.js",
    resolve: ({ name, path, context }) => ({
      name,
      up: async () =>
        await inTransaction(async () => {
          await (await import(pathToFileURL(path).href)).up({ context });
          await client.query("insert into umzug_ledger (name) values ($1)", [name]);
        }),
      down: async () =>
        await inTransaction(async () => {
          await (await import(pathToFileURL(path).href)).down({ context });
          await client.query("delete from umzug_ledger where name = $1", [name]);
        }),
    }),
  },
  context: client,
  storage: {
    executed: async () => (await client.query("select name from umzug_ledger order by name")).rows.map((r) => r.name),
    logMigration: async () => {},
    unlogMigration: async () => {},
  },
  logger: console,
});

if (command === "up") await umzug.up();
if (command === "down") await umzug.down({ step: Number(steps) });
if (command === "list") for (const { name } of await umzug.executed()) console.log(name);
await client.end();
