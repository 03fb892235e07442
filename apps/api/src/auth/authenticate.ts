import type { FastifyInstance, FastifyRequest } from "fastify";
import type { EntityManager, MikroORM } from "@mikro-orm/postgresql";
import { User } from "@thedata/models";
import { type Static, Type } from "typebox";
import { Compile } from "typebox/compile";
import type { Admission } from "../admission.ts";
import { forbidden, HttpProblem } from "../problem.ts";
import type { Readiness } from "../readiness.ts";
import { type Grants, holds, holdsAnywhere, type PermissionName } from "./access.ts";
import { fingerprint } from "./passwords.ts";

/** The user of a request and their permissions, read from the database for this request. */
export interface Session {
  readonly user: User;
  readonly grants: Grants;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/** Who may call a route: anybody, anybody with a session, or holders of a permission (on the platform, or anywhere). */
export type Access = "anybody" | "session" | { readonly permission: PermissionName; readonly platform: boolean };

/** A session token's claims: user id, expiry in seconds since 1970, fingerprint of the password hash. */
const TokenPayload = Type.Object({
  sub: Type.String({ format: "uuid" }),
  exp: Type.Integer({ maximum: 8_640_000_000_000 }),
  fingerprint: Type.String(),
});
type TokenPayload = Static<typeof TokenPayload>;
const isTokenPayload = Compile(TokenPayload);

declare module "fastify" {
  interface FastifyContextConfig {
    access?: Access;
  }
  interface FastifyRequest {
    em: EntityManager;
    session: Session;
  }
}

declare module "@fastify/jwt" {
  interface FastifyJWT {
    payload: TokenPayload;
    user: TokenPayload;
  }
}

/** What the gate needs. */
export interface GateOptions {
  readonly admission: Admission;
  readonly orm: MikroORM;
  readonly readiness: Readiness;
  readonly sessionSecret: string;
}

/**
 * Adds a gate to this scope's routes: a request passes if a place is free, the schema is current, the session is valid
 * and the permission is held. Throws for a route without `access`.
 */
export function addGate(app: FastifyInstance, { admission, orm, readiness, sessionSecret }: GateOptions): void {
  app.decorateRequest("em");
  app.decorateRequest("session");
  app.addHook("onRoute", ({ method, url, config }) => {
    if (!config?.access) throw new Error(`${String(method)} ${url} does not say who may call it`);
  });
  app.addHook("onRequest", async (request) => {
    admission.enter(request);
    const { ready, reason } = await readiness.read();
    if (!ready) throw new HttpProblem(503, reason ?? "Not ready", { code: "NOT_READY", retryAfter: 5 });
    request.em = orm.em.fork();
    const access = request.routeOptions.config.access;
    if (access !== "anybody") {
      request.session = await readSession(request, sessionSecret);
      if (access !== "session") requireAccess(request.session.grants, access);
    }
    admission.leave(request);
  });
}

async function readSession(request: FastifyRequest, secret: string): Promise<Session> {
  const token: unknown = await request.jwtVerify().catch(() => undefined);
  // A valid signature does not validate the content: an object as `sub` would be a query that matches any user.
  if (!isTokenPayload.Check(token))
    throw new HttpProblem(401, "Send a session's token: Authorization: Bearer … (POST /v1/sessions gives one)");
  const user = await request.em.findOne(User, token.sub);
  if (!user?.isActive || fingerprint(user.hashedPassword, secret) !== token.fingerprint)
    throw new HttpProblem(401, "The session has ended: log in again");
  const grants = await request.em.getRepository(User).findPermissions(user.id);
  return { user, grants, expiresAt: token.exp };
}

function requireAccess(grants: Grants, access: Exclude<Access, string> | undefined): void {
  if (!access) throw forbidden("Nobody may call this");
  const { permission, platform } = access;
  const held = platform ? holds(grants, permission, null) : holdsAnywhere(grants, permission);
  if (!held) throw forbidden(`This needs the permission ${permission}${platform ? " on the whole platform" : ""}`);
}
