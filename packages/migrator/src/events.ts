import type { StepResult } from "./apply.ts";
import type { Blocker } from "./blockers.ts";
import type { LockHolder } from "./lock.ts";
import type { Plan } from "./plan.ts";

/** What happens during a run, told as it happens. */
export type Event =
  /** So many migrations are about to be looked at that their reading fills a small memory. */
  | { readonly type: "reading"; readonly migrations: number }
  | { readonly type: "planned"; readonly plan: Plan }
  | { readonly type: "waiting"; readonly holder: LockHolder }
  | { readonly type: "started"; readonly name: string; readonly direction: Plan["direction"] }
  | { readonly type: "blocked"; readonly name: string; readonly blockers: readonly Blocker[] }
  | { readonly type: "retrying"; readonly name: string; readonly attempt: number; readonly pauseMs: number }
  | { readonly type: "finished"; readonly step: StepResult };
