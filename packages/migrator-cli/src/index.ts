export { defineConfig, type MigratorConfig } from "./define-config.ts";
