import type { Direction, Plan, StepResult } from "./report.ts";

/** The session that holds the migrator's advisory lock. */
export interface LockHolder {
  readonly pid: number;
  readonly applicationName: string;
  /** Its address as the server sees it; null for a local socket. */
  readonly host: string | null;
  /** When the session connected, ISO 8601. */
  readonly since: string;
}

/** A session that holds a lock which a migration waits for. */
export interface Blocker {
  readonly pid: number;
  readonly applicationName: string;
  /** `active`, `idle in transaction` … */
  readonly state: string;
  /** Time since the session's current or last statement began, in seconds. */
  readonly queryAgeSeconds: number;
}

/** What a statement that takes long is doing. */
export interface Activity {
  /** Time since the work began, in milliseconds. */
  readonly elapsedMs: number;
  /** The command under way, as far as the server keeps its text. */
  readonly command: string;
  /** PostgreSQL's own progress report, such as `building index: scanning table, 40 %`; null: it has none. */
  readonly progress: string | null;
}

/** How far a backfill came. */
export interface BackfillProgress {
  /** The rows that were gone over, and those of them that were changed. */
  readonly scanned: number;
  readonly changed: number;
  /** The rows of the table when it began, as the server estimates them; null: unknown. */
  readonly estimate: number | null;
  /** How many rows a batch goes over now. */
  readonly batch: number;
  readonly rowsPerSecond: number;
  readonly remainingSeconds: number | null;
  /** Why the next batch waits; null: it does not. */
  readonly waiting: string | null;
}

/** What happens during a run, reported as it happens. */
export type Event =
  /** So many migrations are about to be read that a small memory could fill up. */
  | { readonly type: "reading"; readonly migrations: number }
  /** The script lacks the statements of this migration, because its code computes them while it runs. */
  | { readonly type: "computed"; readonly name: string }
  /** The database has these migrations of newer builds, and this build's release of the models works with them. */
  | { readonly type: "ahead"; readonly unknown: readonly string[] }
  /** The server cannot be reached yet, and the run waits for it. */
  | { readonly type: "unreachable"; readonly message: string }
  /** A step is held back, because it would end a release of the models that must work. */
  | { readonly type: "held"; readonly message: string }
  /** The ledger is created in a database that already has this many tables; `advice` is how to adopt it. */
  | { readonly type: "unrecorded"; readonly tables: number; readonly advice: string }
  /** `database` is `user@host:port/database`. */
  | { readonly type: "planned"; readonly plan: Plan; readonly database: string }
  /** What the linter found in a migration that is about to be applied; `line` of its file, from 1, or null. */
  | {
      readonly type: "finding";
      readonly migration: string;
      readonly rule: string;
      readonly severity: "error" | "warning" | "note";
      readonly message: string;
      readonly hint: string | undefined;
      readonly line: number | null;
    }
  /** Migrations are to be reverted by the undo in the ledger, and no key is configured that it could be signed with. */
  | { readonly type: "unsigned"; readonly migrations: readonly string[] }
  | { readonly type: "waiting"; readonly holder: LockHolder }
  | { readonly type: "started"; readonly name: string; readonly direction: Direction }
  | { readonly type: "blocked"; readonly name: string; readonly blockers: readonly Blocker[] }
  /** A step takes long; sent about once a second. */
  | ({ readonly type: "running"; readonly name: string } & Activity)
  /** How far a backfill came; sent up to four times a second. */
  | ({ readonly type: "backfill"; readonly name: string } & BackfillProgress)
  /** A message of the server: `raise notice`, warnings. */
  | { readonly type: "notice"; readonly name: string; readonly severity: string; readonly message: string }
  /** The role's own time-outs, which would end a long step, are overridden. */
  | { readonly type: "timeouts"; readonly settings: Readonly<Record<string, string>> }
  | { readonly type: "retrying"; readonly name: string; readonly attempt: number; readonly pauseMs: number }
  | { readonly type: "finished"; readonly step: StepResult };
