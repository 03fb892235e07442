import type { TargetOfRun } from "../run/run.ts";

/** What a worker tells of its work. */
export type FleetEvent =
  | { readonly type: "begun"; readonly run: number; readonly target: TargetOfRun }
  /** `recorded` is false where a newer attempt has begun meanwhile. */
  | { readonly type: "ended"; readonly run: number; readonly target: TargetOfRun; readonly recorded: boolean }
  /** The control database or a list could not be asked; it is tried again. */
  | { readonly type: "trouble"; readonly message: string };
