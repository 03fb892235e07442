import type { FastifyBaseLogger } from "fastify";
import { findDatabaseCode, readDatabaseFailure } from "./database-errors.ts";
import { describeAddress } from "./database.ts";
import type { ReadinessListener } from "./readiness.ts";

/** Logs changes of the readiness; if the database cannot be used, with address, login and the error. */
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
  // Node's AggregateError, for several addresses of one host that all refuse, has no message of its own.
  const all = error instanceof AggregateError ? error.errors.map(String).join("; ") : "";
  return { code: findDatabaseCode(error), message: message || all };
}
