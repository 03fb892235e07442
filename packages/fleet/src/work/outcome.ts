import {
  AheadError,
  ConnectionError,
  InterruptedError,
  LockedError,
  MigrationFailedError,
  MigratorError,
  MissingSchemaError,
  RefusedError,
} from "@thedata/migrator";
import { isConnectionFailure, isNotUpYet } from "@thedata/migrator/postgres";
import type { TargetState } from "../plan/decide.ts";
import type { TargetError } from "../run/run.ts";

/** How an attempt at a target ended. */
export interface Outcome {
  /** `waiting`: it was asked to stop; `queued`: it is to be tried again. */
  readonly state: Extract<
    TargetState,
    "waiting" | "queued" | "current" | "applied" | "failed" | "refused" | "unreachable" | "gone"
  >;
  readonly error: TargetError | null;
}

/**
 * What an error means to a target: whether another attempt can help. Of a failed statement that is so where the server
 * was overloaded, gave a lock to somebody else, was shut down, or the connection broke.
 */
export function outcomeOf(error: unknown): Outcome {
  const described = describe(error);
  if (error instanceof InterruptedError) return { state: "waiting", error: null };
  if (error instanceof MissingSchemaError) return { state: "gone", error: described };
  if (error instanceof ConnectionError) return ofConnection(error, described);
  if (error instanceof LockedError) return { state: "queued", error: described };
  if (error instanceof RefusedError || error instanceof AheadError) return { state: "refused", error: described };
  if (error instanceof MigrationFailedError && canPass(error)) return { state: "queued", error: described };
  return { state: "failed", error: described };
}

/** A connection that broke has no SQLSTATE, and neither has a bug in a migration's code. */
function canPass({ sqlState, cause }: MigrationFailedError): boolean {
  return sqlState === null ? isConnectionFailure(cause ?? {}) : isTransient(sqlState);
}

/** SQLSTATE classes 08, 40, 53 and 57P, and a lock that was not given in time. */
export function isTransient(sqlState: string): boolean {
  return /^(08|40|53|57P|55P03)/.test(sqlState) || /^E[A-Z]+$/.test(sqlState);
}

function ofConnection(error: ConnectionError, described: TargetError): Outcome {
  if (error.cause === "3D000") return { state: "gone", error: described };
  const isLost = /was lost/.test(error.message);
  return { state: isLost || isNotUpYet(error) ? "queued" : "unreachable", error: described };
}

function describe(error: unknown): TargetError {
  const { message } = error as Error;
  if (error instanceof MigrationFailedError)
    return { code: error.code, message, migration: error.migration, sqlState: error.sqlState };
  return { code: error instanceof MigratorError ? error.code : "failed", message };
}

// The next attempt begins after these seconds: five failures are enough.
const pauses = [5, 15, 45, 135, 300] as const;

/** In how many seconds a target is tried again after so many failures; undefined: no more. */
export function pauseAfter(failures: number): number | undefined {
  return pauses[failures - 1];
}
