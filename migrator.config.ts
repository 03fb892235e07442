import { readFile } from "node:fs/promises";
// By their files: a dependency of the top on its packages would make every task of turbo depend on all of them.
import { defineConfig } from "./packages/migrator-cli/src/index.ts";

export default defineConfig({
  migrations: "packages/migrations/src/migrations",
  models: async () => (await import("./packages/models/src/index.ts")).ormOptions,
  releases: {
    package: "packages/models/package.json",
    contract: "packages/models/src/contract.json",
    calls: async (em) => await (await import("./packages/models/src/recorded-calls.ts")).recordedCalls(em),
  },
  picture: "docs/schema.svg",
  areas: {
    "People and access": ["users", "user_roles", "roles", "role_permissions", "permissions"],
    Organizations: ["organizations", "organization_members"],
    "Sources and syncs": ["data_sources", "data_syncs"],
    Pipelines: ["pipelines"],
    "Metrics and logs": ["data_source_metrics", "data_source_logs", "pipeline_metrics", "pipeline_logs"],
  },
  // The database of a running `npm start`, for as long as it runs.
  dsn: async () => await readFile(new URL(".data/dsn", import.meta.url), "utf8").catch(() => undefined),
  shadow: async () => await (await import("./packages/dev-postgres/src/index.ts")).startPostgres(),
});
