export {
  createMigrator,
  type DatabaseConnection,
  type Migrator,
  type MigratorOptions,
  readHistory,
  reportOf,
} from "./migrator.ts";
export type { KnownHistory } from "./history/known-history.ts";
export type { Job } from "./execute/job.ts";
export { ledgerOf } from "./execute/database-options.ts";
export type { Part } from "./history/part.ts";
export { MissingSchemaError } from "./execute/schema-there.ts";
export * from "./errors.ts";
export type { Activity, BackfillProgress, Blocker, Event, LockHolder } from "./events.ts";
export type { Direction, Plan, Report, StepResult } from "./report.ts";
export type { ListedMigration } from "./history/folder.ts";
export type { AppliedMigration } from "./ledger/ledger.ts";
export type { Backfill } from "./history/backfill.ts";
export type { BackfillState } from "./ledger/backfills.ts";
export type { Progress } from "./ledger/progress.ts";
export type { Status } from "./plan/status.ts";
export type { DownTarget, UpTarget } from "./plan/plan.ts";
export type { MigrateOptions } from "./execute/prepared.ts";
export type { OrmOptions } from "./execute/orm-options.ts";
export type { ShadowProvider } from "./shadow/shadow.ts";
export type { BaselineReport } from "./commands/baseline.ts";
export type { CheckOptions, ProjectCheck, ProjectProblem } from "./commands/check.ts";
export type { Created, DecideRename, RenameQuestion, Warning } from "./commands/create.ts";
export type { CompatPair, CompatReport, CompatStep, ReleaseColumn } from "./compat/report.ts";
export type { MadeContract } from "./commands/contract.ts";
export type { ListedRelease, Retired } from "./commands/releases.ts";
export type { ReleaseSettings } from "./releases/settings.ts";
export type { LiveDiff, SchemaDiff } from "./commands/diff.ts";
export type { Drawn } from "./commands/erd.ts";
export type { AreaNames, Picture, PictureFormat } from "./commands/picture.ts";
export type { Rebased } from "./commands/rebase.ts";
export type { Repaired, RepairOptions, Settlement } from "./commands/repair.ts";
export type { ScriptOptions } from "./commands/sql.ts";
export type { Verification, VerifyProgress } from "./commands/verify.ts";
export type { Fault, Loss, Note, Verdict } from "./verify/verdict.ts";
export type { Review } from "./review/review.ts";
export type { GivenRows } from "./verify/fill/fill-tables.ts";
