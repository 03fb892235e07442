import type { FastifyInstance, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import { HttpProblem } from "../problem.ts";

/** Bounds the tries to log in to one account, whatever addresses they come from. */
export interface LoginLimit {
  /** Counts a try; throws a 429 beyond the limit. Says nothing of whether there is such an account. */
  count(request: FastifyRequest, email: string): Promise<void>;
  /** To be called when a login succeeded. */
  remember(request: FastifyRequest, email: string): void;
}

const windowMs = 60_000;
const memoryMs = 30 * 24 * 60 * 60 * 1000;

/**
 * Allows `perMinute` tries an account within a minute. An address that has logged in to the account before does not
 * count here, only with all its tries: whoever attacks an account from elsewhere does not lock its owner out.
 */
export function limitLogins(app: FastifyInstance, perMinute: number): LoginLimit {
  const known = new LRUCache<string, true>({ max: 50_000, ttl: memoryMs });
  const emails = new WeakMap<FastifyRequest, string>();
  const limit = app.createRateLimit({
    max: perMinute,
    timeWindow: windowMs,
    keyGenerator: (request) => accountKey(emails.get(request) ?? ""),
    allowList: (request, key) => known.has(`${request.ip} ${key}`),
  });
  return {
    count: async (request, email) => {
      emails.set(request, email);
      const result = await limit(request);
      if (result.isAllowed || !result.isExceeded) return;
      throw new HttpProblem(429, `Too many attempts: try again in ${result.ttlInSeconds} seconds`, {
        retryAfter: result.ttlInSeconds,
      });
    },
    remember: (request, email) => void known.set(`${request.ip} ${accountKey(email)}`, true),
  };
}

/**
 * Coarser than any `lower` of PostgreSQL, whatever its locale: what finds the same account must have the same key,
 * or each way to write an address would be another set of tries.
 */
function accountKey(email: string): string {
  return email
    .normalize("NFKD")
    .replaceAll(/\p{Mark}/gu, "")
    .toUpperCase()
    .toLowerCase();
}
