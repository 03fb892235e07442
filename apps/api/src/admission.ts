import type { FastifyInstance, FastifyRequest } from "fastify";
import { HttpProblem } from "./problem.ts";

/** Limits how many requests use the database or wait for a connection to it. */
export interface Admission {
  /** Takes a place for the request unless it has one; throws a 503 when all are taken. */
  enter(request: FastifyRequest): void;
  leave(request: FastifyRequest): void;
}

/**
 * Limits this scope's requests to `places`. Further requests are refused at once: a request queued behind thousands
 * would be answered after its caller had given up, and would delay the next ones.
 */
export function boundRequests(app: FastifyInstance, places: number): Admission {
  const inside = new Set<FastifyRequest>();
  const admission: Admission = {
    enter: (request) => {
      if (inside.has(request)) return;
      if (inside.size >= places) throw overloaded(places);
      inside.add(request);
    },
    leave: (request) => void inside.delete(request),
  };
  // Between the gate and validation a request waits for its body, as long as the caller likes: it holds no place then.
  app.addHook("preValidation", async (request) => admission.enter(request));
  // Not when the connection closes: the handler of an abandoned request still uses the database until it is done.
  app.addHook("onSend", async (request) => admission.leave(request));
  return admission;
}

function overloaded(places: number): HttpProblem {
  const detail = "Too many requests at once: try again in a moment";
  return new HttpProblem(503, detail, { code: "OVERLOADED", reason: `all ${places} places are taken`, retryAfter: 1 });
}
