import { STATUS_CODES } from "node:http";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type DatabaseFailure, explainDatabaseFailure, readDatabaseFailure } from "./database-errors.ts";
import { type Fault, HttpProblem } from "./problem.ts";

/** Answers errors and unknown routes with problem documents. */
export function addProblemHandlers(app: FastifyInstance): void {
  app.setErrorHandler(sendError);
  app.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, new HttpProblem(404, `There is no route ${request.method} ${pathOf(request)}`)),
  );
}

/** Answers an error with a problem document, and logs the reason for every status from 500 on. */
export function sendError(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const failure = readDatabaseFailure(error);
  const problem = toProblem(error, failure);
  if (problem.statusCode >= 500) log(error, failure, problem, request);
  return sendProblem(request, reply, problem);
}

function log(error: Error, failure: DatabaseFailure | undefined, problem: HttpProblem, { log }: FastifyRequest): void {
  if (error instanceof HttpProblem) {
    // Problems without a code are answers to probes, which come every few seconds.
    if (error.code) log.warn({ code: error.code, reason: error.reason ?? error.message }, "request refused");
  } else if (problem.statusCode === 503) log.error({ ...failure, type: error.name }, "request failed");
  else log.error({ err: failure ? { ...failure, type: error.name, stack: framesOf(error) } : error }, "request failed");
}

function toProblem(error: Error, failure: DatabaseFailure | undefined): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (failure) return explainDatabaseFailure(failure) ?? internalError;
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
  // TypeBox reports an additional property twice, the second time with the keyword "boolean".
  const found = (error.validation ?? []).filter(({ keyword }) => keyword !== "boolean");
  return found.flatMap(({ instancePath, message, params }) => {
    // For a missing or additional property, the fault points at the property, not at its object.
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
  // Serialized here: the route's response schema describes only its successes.
  return reply.code(status).type("application/problem+json").serializer(JSON.stringify).send(document);
}

/** The path without the query, which may contain a mail address. */
export function pathOf(request: { readonly url: string }): string {
  return request.url.split("?", 1)[0] ?? request.url;
}

/** The stack frames only: the lines above repeat the message, which may contain whole rows. */
function framesOf(error: Error): string {
  return (error.stack ?? "")
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .join("\n");
}
