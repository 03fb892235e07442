export { defineConfig, type MigratorConfig } from "./configuration.ts";
