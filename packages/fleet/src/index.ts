export {
  createFleet,
  type Fleet,
  type FleetCheck,
  type FleetOptions,
  type FleetPlan,
  type UpOptions,
} from "./fleet.ts";
export type { FleetEvent } from "./work/events.ts";
export { persist } from "./control/database.ts";
export { defaultWaves } from "./plan/waves.ts";
export type { TargetState } from "./plan/decide.ts";
export type { Run, RunOptions, TargetError, TargetOfRun } from "./run/run.ts";
export type { FailedTarget, RunSummary, ServerSummary } from "./run/summary.ts";
export { placeOf } from "./run/targets.ts";
export type { Fault } from "./targets/check-rows.ts";
export type { TargetSource } from "./targets/read-targets.ts";
export type { Target, TargetRow } from "./targets/target.ts";
export type { EngineOptions } from "./work/attempt.ts";
export type { Worker } from "./work/worker.ts";
