export type { Blocker } from "./blockers.ts";
export type { StepResult } from "./apply.ts";
export { type Connection, connect, type Query } from "./connect.ts";
export { type Context, createContext, type MigratorOptions } from "./context.ts";
export { discover, type MigrationFile, type MigrationFolder } from "./discover.ts";
export type { OrmOptions } from "./driver.ts";
export * from "./errors.ts";
export type { Event } from "./events.ts";
export { type AppliedMigration, type LedgerTable, readLedger } from "./ledger.ts";
export type { LockHolder } from "./lock.ts";
export { buildManifest, type Manifest, type ManifestEntry, readManifest, writeManifest } from "./manifest.ts";
export { down, type MigrateOptions, type Report, up } from "./migrate.ts";
export type { DownTarget, Plan, UpTarget } from "./plan.ts";
export { readStatus } from "./read-status.ts";
export { type Status, summarize } from "./status.ts";
export { waitForHead } from "./wait.ts";
export { checkProject, type ProjectCheck, type RuleViolation } from "./check-project.ts";
export { create, type Created, rewriteManifest } from "./create.ts";
export type { ShadowOptions, ShadowProvider } from "./shadow.ts";
export { rebase, type Rebased } from "./rebase.ts";
export { repair, type Repaired } from "./repair.ts";
export { renderScript, type ScriptOptions } from "./script.ts";
export { baseline, type BaselineOptions, type BaselineReport } from "./baseline.ts";
export {
  type Catalog,
  type CatalogObject,
  compareCatalogs,
  describeDifference,
  type Difference,
  fingerprint,
  readCatalog,
} from "./catalog.ts";
