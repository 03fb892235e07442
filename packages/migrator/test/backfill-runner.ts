// A run of the next backfill: node backfill-runner.ts DSN FOLDER
import { runNextBackfill } from "../src/commands/backfill.ts";
import { createContext } from "../src/execute/context.ts";

const [dsn = "", directory = ""] = process.argv.slice(2);
await runNextBackfill(createContext({ dsn, migrations: directory }));
