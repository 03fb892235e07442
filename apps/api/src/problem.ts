/** One fault in a request: where it is (RFC 6901 pointer into the body, or a parameter's name) and what is wrong. */
export interface Fault {
  readonly pointer?: string;
  readonly parameter?: string;
  readonly detail: string;
}

/** What a problem says beside its status and detail. */
export interface ProblemParts {
  readonly errors?: readonly Fault[];
  /** Seconds after which the same request may succeed. */
  readonly retryAfter?: number;
  /** What the log says of it, beside the detail: a code, and more than the caller is told. */
  readonly code?: string;
  readonly reason?: string;
}

/** An answer that is not a success; what is thrown anywhere in a request becomes `application/problem+json` (RFC 9457). */
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

/** 404: there is no such thing, or nothing that the caller may know of. */
export const notFound = (what: string): HttpProblem => new HttpProblem(404, `There is no such ${what}`);

/** 403: the caller is known and may not. */
export const forbidden = (detail: string): HttpProblem => new HttpProblem(403, detail);

/** 409: the request contradicts what stands; `field` names the property of the body that does. */
export const conflict = (detail: string, field?: string): HttpProblem =>
  new HttpProblem(409, detail, { errors: field ? [{ pointer: `#/${field}`, detail }] : [] });

/** 422: well formed, but it cannot be done with this value of `field`. */
export const unprocessable = (detail: string, field: string): HttpProblem =>
  new HttpProblem(422, detail, { errors: [{ pointer: `#/${field}`, detail }] });
