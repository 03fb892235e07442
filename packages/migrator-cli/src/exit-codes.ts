import { signalReceived } from "./interrupt.ts";
import { MigratorError, type ErrorCode, type Report, type Status } from "@thedata/migrator/internal";

/** The exit codes; scripts rely on them. */
export const exitCodes = { done: 0, bug: 1, usage: 2, refused: 3, locked: 4, failed: 5, behind: 6, ahead: 7 } as const;

const byError: Record<Exclude<ErrorCode, "interrupted">, number> = {
  configuration: exitCodes.usage,
  connection: exitCodes.usage,
  "unknown-migration": exitCodes.usage,
  refused: exitCodes.refused,
  locked: exitCodes.locked,
  failed: exitCodes.failed,
  "broken-migration": exitCodes.failed,
  ahead: exitCodes.ahead,
};

/** The exit code after a signal, as shells give it: 128 + its number. */
export const exitCodeOfSignal = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** The exit code of an error; everything but a `MigratorError` is a bug. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof MigratorError)) return exitCodes.bug;
  return error.code === "interrupted" ? exitCodeOfSignal[signalReceived() ?? "SIGINT"] : byError[error.code];
}

/** The exit code of a run. */
export function exitCodeOfReport({ outcome, error }: Pick<Report, "outcome" | "error">): number {
  if (error) return exitCodeOf(error);
  return outcome === "refused" ? exitCodes.refused : exitCodes.done;
}

/** The exit code of a state, for `status --exit-code` and `wait`; ahead is no fault where this build works there. */
export function exitCodeOfState({ state, compatible }: Pick<Status, "state" | "compatible">): number {
  if (state === "ahead" && compatible === true) return exitCodes.done;
  const codes = {
    current: exitCodes.done,
    empty: exitCodes.behind,
    behind: exitCodes.behind,
    ahead: exitCodes.ahead,
    diverged: exitCodes.refused,
    "half-done": exitCodes.refused,
  };
  return codes[state];
}
