import type { StepResult } from "./execute/step.ts";
import type { Activity, Blocker } from "./execute/watch.ts";
import type { LockHolder } from "./lock.ts";
import type { Plan } from "./plan.ts";

/** What happens during a run, told as it happens. */
export type Event =
  /** So many migrations are about to be looked at that their reading fills a small memory. */
  | { readonly type: "reading"; readonly migrations: number }
  /** A script has no statements of a migration that knows them only while it runs. */
  | { readonly type: "computed"; readonly name: string }
  /** The ledger is made anew in a database that has so many tables already. */
  | { readonly type: "unrecorded"; readonly tables: number }
  | { readonly type: "planned"; readonly plan: Plan }
  | { readonly type: "waiting"; readonly holder: LockHolder }
  | { readonly type: "started"; readonly name: string; readonly direction: Plan["direction"] }
  | { readonly type: "blocked"; readonly name: string; readonly blockers: readonly Blocker[] }
  /** A step takes long: told about once a second. */
  | ({ readonly type: "running"; readonly name: string } & Activity)
  /** What the server says beside its answers: `raise notice`, warnings. */
  | { readonly type: "notice"; readonly name: string; readonly severity: string; readonly message: string }
  /** The role's own time-outs, which would end a long step, are set aside. */
  | { readonly type: "timeouts"; readonly settings: Readonly<Record<string, string>> }
  | { readonly type: "retrying"; readonly name: string; readonly attempt: number; readonly pauseMs: number }
  | { readonly type: "finished"; readonly step: StepResult };
