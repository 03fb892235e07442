import type { FastifyInstance, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import { HttpProblem } from "../problem.ts";

/** Limits the login attempts to one account, from all addresses together. */
export interface LoginLimit {
  /** Counts an attempt; throws a 429 beyond the limit, whether or not the account exists. */
  count(request: FastifyRequest, email: string): Promise<void>;
  /** Remembers the request's address for the account after a successful login. */
  remember(request: FastifyRequest, email: string): void;
}

const windowMs = 60_000;
const memoryMs = 30 * 24 * 60 * 60 * 1000;

/**
 * Allows `perMinute` attempts per account. An address that has logged in to the account before is exempt (only its own
 * limit applies), so that an attacker elsewhere does not lock the owner out.
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
 * The key of an account. Coarser than PostgreSQL's `lower` in any locale: all spellings that find the same account must
 * have the same key, or each spelling would get its own attempts.
 */
function accountKey(email: string): string {
  return email
    .normalize("NFKD")
    .replaceAll(/\p{Mark}/gu, "")
    .toUpperCase()
    .toLowerCase();
}
