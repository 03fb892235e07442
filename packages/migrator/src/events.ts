import type { StepResult } from "./apply.ts";
import type { Blocker } from "./blockers.ts";
import type { LockHolder } from "./lock.ts";
import type { Plan } from "./plan.ts";

/** What happens during a run, told as it happens. */
export type Event =
  /** More migrations are going to be read than fit into a small memory besides what their reading leaves behind. */
  | { readonly type: "reading"; readonly migrations: number }
  | { readonly type: "planned"; readonly plan: Plan }
  | { readonly type: "waiting"; readonly holder: LockHolder }
  | { readonly type: "started"; readonly name: string; readonly direction: Plan["direction"] }
  | { readonly type: "blocked"; readonly name: string; readonly blockers: readonly Blocker[] }
  | { readonly type: "retrying"; readonly name: string; readonly attempt: number; readonly pauseMs: number }
  | { readonly type: "finished"; readonly step: StepResult };
