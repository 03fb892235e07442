import { STATUS_CODES } from "node:http";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { explainDatabaseError, isDriverError } from "./database-errors.ts";
import { type Fault, HttpProblem } from "./problem.ts";

/** Answers errors and unknown routes with problem documents. */
export function addProblemHandlers(app: FastifyInstance): void {
  app.setErrorHandler(sendError);
  app.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, new HttpProblem(404, `There is no route ${request.method} ${pathOf(request)}`)),
  );
}

/** Answers with the problem document that `error` stands for. */
export function sendError(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = toProblem(error);
  if (problem.statusCode >= 500 && !(error instanceof HttpProblem))
    request.log.error(loggable(error), "request failed");
  return sendProblem(request, reply, problem);
}

function toProblem(error: Error): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (isDriverError(error)) return explainDatabaseError(error) ?? internalError;
  return fromFastify(error as FastifyError);
}

function fromFastify(error: FastifyError): HttpProblem {
  if (error.validation)
    return new HttpProblem(400, "The request does not have the right shape", { errors: toFaults(error) });
  const status = error.statusCode ?? 500;
  return status < 500 ? new HttpProblem(status, error.message) : internalError;
}

const internalError = new HttpProblem(500, "Something went wrong here; the log says what");

function toFaults(error: FastifyError): Fault[] {
  // What additional properties "are false" to is said twice, once by the schema `false` itself.
  const found = (error.validation ?? []).filter(({ keyword }) => keyword !== "boolean");
  return found.flatMap(({ instancePath, message, params }) => {
    // A missing or an additional property is the fault's place, not the object around it.
    const names = [params["requiredProperties"], params["additionalProperties"]].find(Array.isArray) ?? [];
    const places = names.length > 0 ? names.map((name) => `${instancePath}/${String(name)}`) : [instancePath];
    return places.map((place) => ({
      ...(error.validationContext === "body" ? { pointer: `#${place}` } : { parameter: place.slice(1) }),
      detail: message ?? "is not valid",
    }));
  });
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: HttpProblem): FastifyReply {
  const { statusCode: status, message: detail, errors, retryAfter } = problem;
  const title = STATUS_CODES[status] ?? "Error";
  const document = { type: "about:blank", title, status, detail, instance: pathOf(request), errors };
  if (status === 401) reply.header("www-authenticate", "Bearer");
  if (retryAfter !== undefined) reply.header("retry-after", retryAfter);
  // As text: the route's response schema describes its successes.
  return reply.code(status).type("application/problem+json").serializer(JSON.stringify).send(document);
}

/** The path alone: a query may hold an address that belongs in no log and no answer. */
export function pathOf(request: { readonly url: string }): string {
  return request.url.split("?", 1)[0] ?? request.url;
}

/** An error as it may be logged: MikroORM puts whole statements, hashes among their values, into messages and stacks. */
function loggable(error: Error): object {
  if (!isDriverError(error)) return { err: error };
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return {
    err: {
      type: error.name,
      code: error.code,
      constraint: error.constraint,
      table: error.table,
      stack: frames.join("\n"),
    },
  };
}
