import type { FastifyInstance, FastifyRequest } from "fastify";
import { HttpProblem } from "./problem.ts";

/** Bounds how many requests are at work with the database or wait for one of its connections. */
export interface Admission {
  /** Takes a place for the request unless it has one; throws a 503 where all are taken. */
  enter(request: FastifyRequest): void;
  leave(request: FastifyRequest): void;
}

/**
 * Makes `places` for the requests of this scope. What comes when all are taken is refused at once: a request that
 * waited behind thousands would be answered after its caller had given up, and keep the next ones waiting as well.
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
  // After the gate a request may wait for its body as long as the caller likes: meanwhile it holds no place.
  app.addHook("preValidation", async (request) => admission.enter(request));
  // Not when the connection closes: what nobody waits for any more still works with the database until it is done.
  app.addHook("onSend", async (request) => admission.leave(request));
  return admission;
}

function overloaded(places: number): HttpProblem {
  const detail = "Too many requests at once: try again in a moment";
  return new HttpProblem(503, detail, { code: "OVERLOADED", reason: `all ${places} places are taken`, retryAfter: 1 });
}
