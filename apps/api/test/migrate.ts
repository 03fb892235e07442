import { directory } from "@thedata/migrations";
import { createMigrator } from "@thedata/migrator";

// A program: applies every migration to the database at the address that is its one argument.
const [, , connection = ""] = process.argv;
await createMigrator({ connection, migrations: directory }).up();
