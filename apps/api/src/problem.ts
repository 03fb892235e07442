/** One fault in a request: its place (RFC 6901 pointer into the body, or a parameter's name) and what is wrong. */
export interface Fault {
  readonly pointer?: string;
  readonly parameter?: string;
  readonly detail: string;
}

/** The parts of a problem besides status and detail. */
export interface ProblemParts {
  readonly errors?: readonly Fault[];
  /** Seconds after which the same request may succeed. */
  readonly retryAfter?: number;
  /** For the log only: a code, and a reason that the caller does not see. */
  readonly code?: string;
  readonly reason?: string;
}

/** An error answer: thrown anywhere in a request, it becomes `application/problem+json` (RFC 9457). */
export class HttpProblem extends Error {
  readonly statusCode: number;
  readonly errors: readonly Fault[];
  readonly retryAfter: number | undefined;
  readonly code: string | undefined;
  readonly reason: string | undefined;

  constructor(statusCode: number, detail: string, { errors = [], retryAfter, code, reason }: ProblemParts = {}) {
    super(detail);
    this.statusCode = statusCode;
    this.errors = errors;
    this.retryAfter = retryAfter;
    this.code = code;
    this.reason = reason;
  }
}

/** 404: it does not exist, or the caller may not know that it exists. */
export const notFound = (what: string): HttpProblem => new HttpProblem(404, `There is no such ${what}`);

/** 403: the caller is known but lacks the permission. */
export const forbidden = (detail: string): HttpProblem => new HttpProblem(403, detail);

/** 409: the request conflicts with existing data; `field` names the property of the body. */
export const conflict = (detail: string, field?: string): HttpProblem =>
  new HttpProblem(409, detail, { errors: field ? [{ pointer: `#/${field}`, detail }] : [] });

/** 422: well-formed, but this value of `field` cannot be used. */
export const unprocessable = (detail: string, field: string): HttpProblem =>
  new HttpProblem(422, detail, { errors: [{ pointer: `#/${field}`, detail }] });
