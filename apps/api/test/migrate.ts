import { directory } from "@thedata/migrations";
import { createMigrator } from "@thedata/migrator";

// A program that applies every migration to the database whose address is its argument.
const [, , connection = ""] = process.argv;
await createMigrator({ connection, migrations: directory }).up();
