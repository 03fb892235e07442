import { readFile } from "node:fs/promises";
import { defineConfig } from "migrator-cli";

export default defineConfig({
  migrations: "packages/migrations/src/migrations",
  models: async () => (await import("@thedata/models")).ormOptions,
  // The database of a running `npm start`, for as long as it runs.
  dsn: async () => await readFile(new URL(".data/dsn", import.meta.url), "utf8").catch(() => undefined),
  shadow: async () => await (await import("@thedata/dev-postgres")).startPostgres(),
});
