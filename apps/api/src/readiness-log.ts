import type { FastifyBaseLogger } from "fastify";
import { findDatabaseCode, readDatabaseFailure } from "./database-errors.ts";
import { describeAddress } from "./database.ts";
import type { ReadinessListener } from "./readiness.ts";

/** Logs what becomes of the readiness; where the database cannot be used, with the address, the login and its answer. */
export function logReadiness(log: FastifyBaseLogger, dsn: string): ReadinessListener {
  return ({ ready, reason, state }, error) => {
    if (ready) log.info("ready: the schema is the one that this build expects");
    else if (state !== "unreachable") log.warn(reason);
    else log.error({ ...describeAddress(dsn), ...describe(error) }, "the database cannot be used");
  };
}

function describe(error: unknown): { code: string | undefined; message: string } {
  if (!(error instanceof Error)) return { code: undefined, message: String(error) };
  const message = readDatabaseFailure(error)?.message ?? error.message;
  // Node gives several addresses of one host that all refuse no message of their own.
  const all = error instanceof AggregateError ? error.errors.map(String).join("; ") : "";
  return { code: findDatabaseCode(error), message: message || all };
}
