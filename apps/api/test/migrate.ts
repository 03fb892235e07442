import { directory } from "@thedata/migrations";
import { createContext, up } from "@thedata/migrator";

// A program: applies every migration to the database at the address that is its one argument.
const [, , dsn = ""] = process.argv;
const report = await up(createContext({ dsn, directory }));
if (report.outcome !== "applied") throw new Error(`not migrated: ${JSON.stringify(report)}`);
