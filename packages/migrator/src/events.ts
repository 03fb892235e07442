import type { Direction, Plan, StepResult } from "./report.ts";

/** The session that holds the lock. */
export interface LockHolder {
  readonly pid: number;
  readonly applicationName: string;
  /** Its address as the server sees it; null for a local socket. */
  readonly host: string | null;
  /** Since when it is connected, ISO 8601. */
  readonly since: string;
}

/** A session that holds a lock which a migration waits for. */
export interface Blocker {
  readonly pid: number;
  readonly applicationName: string;
  /** `active`, `idle in transaction` … */
  readonly state: string;
  /** How long its current or last statement has been there, in seconds. */
  readonly queryAgeSeconds: number;
}

/** What a statement that takes long is doing. */
export interface Activity {
  /** Since the work began, in milliseconds. */
  readonly elapsedMs: number;
  /** The command under way, cut to what the server keeps of it. */
  readonly command: string;
  /** PostgreSQL's own word on how far it is, such as `building index: scanning table, 40 %`; null: it has none. */
  readonly progress: string | null;
}

/** What happens during a run, told as it happens. */
export type Event =
  /** So many migrations are about to be looked at that their reading fills a small memory. */
  | { readonly type: "reading"; readonly migrations: number }
  /** A script has no statements of a migration that knows them only while it runs. */
  | { readonly type: "computed"; readonly name: string }
  /** The ledger is made anew in a database that has so many tables already. */
  | { readonly type: "unrecorded"; readonly tables: number }
  /** `database` is `user@host:port/database`. */
  | { readonly type: "planned"; readonly plan: Plan; readonly database: string }
  | { readonly type: "waiting"; readonly holder: LockHolder }
  | { readonly type: "started"; readonly name: string; readonly direction: Direction }
  | { readonly type: "blocked"; readonly name: string; readonly blockers: readonly Blocker[] }
  /** A step takes long: told about once a second. */
  | ({ readonly type: "running"; readonly name: string } & Activity)
  /** What the server says beside its answers: `raise notice`, warnings. */
  | { readonly type: "notice"; readonly name: string; readonly severity: string; readonly message: string }
  /** The role's own time-outs, which would end a long step, are set aside. */
  | { readonly type: "timeouts"; readonly settings: Readonly<Record<string, string>> }
  | { readonly type: "retrying"; readonly name: string; readonly attempt: number; readonly pauseMs: number }
  | { readonly type: "finished"; readonly step: StepResult };
