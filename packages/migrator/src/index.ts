export type { StepResult } from "./execute/step.ts";
export type { Activity, Blocker } from "./execute/watch.ts";
export { type Connection, connect, networkFailures, type Query } from "./connect.ts";
export { ensureFlushed } from "./durability.ts";
export { type Context, createContext, type MigratorOptions } from "./context.ts";
export { discover, type MigrationFile, type MigrationFolder } from "./discover.ts";
export type { OrmOptions } from "./execute/driver.ts";
export * from "./errors.ts";
export { type Address, readAddress } from "./postgres/address.ts";
export { escapeControls } from "./escape-controls.ts";
export type { Event } from "./events.ts";
export { type AppliedMigration, readLedger } from "./ledger.ts";
export { findOwnFolder } from "./history/own-files.ts";
export { defaultLedger, type LedgerTable } from "./tables.ts";
export type { LockHolder } from "./lock.ts";
export { buildManifest, type Manifest, type ManifestEntry, readManifest, writeManifest } from "./manifest.ts";
export { type Progress, readProgress } from "./progress.ts";
export { down, type MigrateOptions, type Report, up } from "./migrate.ts";
export type { DownTarget, Plan, UpTarget } from "./plan.ts";
export { readStatus } from "./read-status.ts";
export { type Status, summarize } from "./status.ts";
export { waitForHead } from "./wait.ts";
export { type CheckOptions, checkProject, type ProjectCheck, type ProjectProblem } from "./check-project.ts";
export type { RuleViolation } from "./check-rules.ts";
export type { Place } from "./locate.ts";
export {
  create,
  type Created,
  type DecideRename,
  type RenameQuestion,
  rewriteManifest,
  type Warning,
} from "./create.ts";
export type { ShadowOptions, ShadowProvider } from "./shadow.ts";
export { rebase, type Rebased } from "./rebase.ts";
export { repair, type Repaired, type RepairOptions, type Settlement } from "./repair.ts";
export { renderScript, type ScriptOptions } from "./script.ts";
export { terminate } from "./terminate.ts";
export { baseline, type BaselineOptions, type BaselineReport } from "./baseline.ts";
export { type Catalog, type CatalogObject, readCatalog } from "./catalog/catalog.ts";
export { compareCatalogs, type Difference, fingerprint } from "./catalog/compare.ts";
export { describeDifference } from "./catalog/describe.ts";
export { diff, type LiveDiff, type SchemaDiff } from "./diff.ts";
export { type Drift, findDrift } from "./catalog/mend.ts";
export { type Verification, verify, type VerifyOptions, type VerifyProgress } from "./verify/verify.ts";
export type { Fault, Loss, Note, Verdict } from "./verify/verdict.ts";
export type { GivenRows } from "./verify/fill/fill-tables.ts";
export { type Drawn, erd, type ErdOptions } from "./erd/erd.ts";
export type { AreaNames } from "./erd/areas.ts";
export { formatOf, type PictureFormat } from "./erd/draw.ts";
export type { Picture } from "./erd/picture.ts";
