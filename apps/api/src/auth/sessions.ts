import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { User } from "@thedata/models";
import { Type } from "typebox";
import { HttpProblem } from "../problem.ts";
import { about, Timestamp } from "../resources/schemas.ts";
import { toUserView, UserView } from "../resources/user-view.ts";
import { limitLogins } from "./login-limit.ts";
import { fingerprint, maximumPasswordLength, verifyPassword } from "./passwords.ts";

/** The settings of sessions. */
export interface SessionOptions {
  readonly sessionSecret: string;
  /** Seconds. */
  readonly sessionTtl: number;
  /** Login attempts per minute for each address, and for each account from all addresses. */
  readonly loginsPerMinute: number;
}

const Credentials = Type.Object(
  { email: Type.String({ maxLength: 255 }), password: Type.String({ maxLength: maximumPasswordLength }) },
  { additionalProperties: false },
);
const SessionView = Type.Object({ token: Type.String(), expiresAt: Timestamp }, { additionalProperties: false });
const CurrentSessionView = Type.Object(
  {
    user: UserView,
    permissions: Type.Array(
      Type.Object(
        { permission: Type.String(), organizationId: Type.Union([Type.String({ format: "uuid" }), Type.Null()]) },
        { additionalProperties: false },
      ),
    ),
    expiresAt: Timestamp,
  },
  { additionalProperties: false },
);

/** The routes to log in and to read the current session. */
export const sessionRoutes: FastifyPluginAsyncTypebox<SessionOptions> = async (app, options) => {
  const accounts = limitLogins(app, options.loginsPerMinute);
  app.post(
    "/sessions",
    {
      config: { access: "anybody", rateLimit: { max: options.loginsPerMinute, timeWindow: 60_000 } },
      schema: { ...about("sessions", "Log in", "public"), body: Credentials, response: { 201: SessionView } },
    },
    async (request, reply) => {
      const { email, password } = request.body;
      await accounts.count(request, email);
      const user = await request.em.getRepository(User).findByEmail(email);
      const fits = await verifyPassword(user?.hashedPassword, password);
      // The same answer for every reason, so that nobody learns which addresses exist.
      if (!fits || !user?.isActive) throw new HttpProblem(401, "Address and password do not fit");
      accounts.remember(request, email);
      await request.em.nativeUpdate(User, { id: user.id }, { lastLoginAt: new Date() });
      const exp = Math.floor(Date.now() / 1000) + options.sessionTtl;
      const claims = { sub: user.id, exp, fingerprint: fingerprint(user.hashedPassword, options.sessionSecret) };
      return reply.code(201).send({ token: app.jwt.sign(claims), expiresAt: toTimestamp(exp) });
    },
  );

  app.get(
    "/sessions/current",
    {
      config: { access: "session" },
      schema: { ...about("sessions", "Who am I, and what may I do?"), response: { 200: CurrentSessionView } },
    },
    async ({ session }) => ({
      user: toUserView(session.user),
      permissions: [...session.grants],
      expiresAt: toTimestamp(session.expiresAt),
    }),
  );
};

function toTimestamp(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
