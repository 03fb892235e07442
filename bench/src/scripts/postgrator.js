// The program in postgrator's README, and a list of its ledger.
import pg from "pg";
import Postgrator from "postgrator";

const [command, steps] = process.argv.slice(2);
const client = new pg.Client(process.env.DATABASE_URL);
await client.connect();

const postgrator = new Postgrator({
  migrationPattern: "migrations/*",
  driver: "pg",
  database: client.database,
  schemaTable: "schemaversion",
  execQuery: (query) => client.query(query),
});

if (command === "up") await postgrator.migrate();
if (command === "down") await postgrator.migrate(String((await postgrator.getDatabaseVersion()) - Number(steps)));
if (command === "list") {
  await postgrator.getMigrations();
  const { rows } = await client.query("select version, name, run_at from schemaversion order by version");
  for (const { version, name, run_at: at } of rows) console.log(version, name, at?.toISOString());
}
await client.end();
