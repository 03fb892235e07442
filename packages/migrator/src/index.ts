export type { StepResult, Plan } from "./report.ts";
export type { OrmOptions } from "./execute/orm-options.ts";
export { type Connection, connect, networkFailures, type Query } from "./postgres/connection.ts";
export { ensureFlushed } from "./ledger/durability.ts";
export { type Context, createContext, type MigratorOptions } from "./execute/context.ts";
export { discover, type MigrationFile, type MigrationFolder } from "./history/folder.ts";
export * from "./errors.ts";
export { type Address, readAddress } from "./postgres/address.ts";
export { escapeControls } from "./escape-controls.ts";
export type { Event, Activity, Blocker, LockHolder } from "./events.ts";
export { type AppliedMigration, readLedger } from "./ledger/ledger.ts";
export { findOwnFolder } from "./history/own-files.ts";
export { defaultLedger, type LedgerTable } from "./ledger/tables.ts";
export { buildManifest, type Manifest, type ManifestEntry, readManifest, writeManifest } from "./history/manifest.ts";
export { type Progress, readProgress } from "./ledger/progress.ts";
export { down, up } from "./commands/up-and-down.ts";
export type { MigrateOptions } from "./execute/migrate.ts";
export type { Report } from "./report.ts";
export type { DownTarget, UpTarget } from "./plan/plan.ts";
export { readStatus } from "./commands/status.ts";
export { type Status, summarize } from "./plan/status.ts";
export { waitForHead } from "./commands/wait.ts";
export { type CheckOptions, checkProject, type ProjectCheck, type ProjectProblem } from "./commands/check.ts";
export type { RuleViolation } from "./history/source-rules.ts";
export type { Place } from "./history/locate.ts";
export {
  create,
  type Created,
  type DecideRename,
  type RenameQuestion,
  rewriteManifest,
  type Warning,
} from "./commands/create.ts";
export type { ShadowOptions, ShadowProvider } from "./shadow/shadow.ts";
export { rebase, type Rebased } from "./commands/rebase.ts";
export { repair, type Repaired, type RepairOptions, type Settlement } from "./commands/repair.ts";
export { renderScript, type ScriptOptions } from "./commands/sql.ts";
export { terminate } from "./postgres/terminate.ts";
export { baseline, type BaselineOptions, type BaselineReport } from "./commands/baseline.ts";
export type { Catalog, CatalogObject, Difference, Drift } from "@thedata/catalog";
export { diff, type LiveDiff, type SchemaDiff } from "./commands/diff.ts";
export { type Verification, verify, type VerifyOptions, type VerifyProgress } from "./commands/verify.ts";
export type { Fault, Loss, Note, Verdict } from "./verify/verdict.ts";
export type { GivenRows } from "./verify/fill/fill-tables.ts";
export { type Drawn, erd, type ErdOptions } from "./commands/erd.ts";
export { type AreaNames, formatOf, type Picture, type PictureFormat } from "./commands/picture.ts";
