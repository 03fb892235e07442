import type { Server } from "node:http";
import helmet from "@fastify/helmet";
import jwt from "@fastify/jwt";
import rateLimit from "@fastify/rate-limit";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import Fastify, { type FastifyHttpOptions, type FastifyInstance } from "fastify";
import { boundRequests } from "./admission.ts";
import { addGate } from "./auth/authenticate.ts";
import { sessionRoutes } from "./auth/sessions.ts";
import { openDatabase } from "./database.ts";
import { addDocs } from "./docs.ts";
import { addFrontPage } from "./front-page.ts";
import { answerBrokenRequest } from "./broken-requests.ts";
import { addProblemHandlers, pathOf, sendError } from "./error-handler.ts";
import { healthRoutes } from "./health.ts";
import { addJsonParser } from "./json-parser.ts";
import { metrics } from "./metrics.ts";
import { HttpProblem } from "./problem.ts";
import { logReadiness } from "./readiness-log.ts";
import { type Readiness, watchReadiness } from "./readiness.ts";
import { dataSourceRoutes } from "./resources/data-sources.ts";
import { organizationRoutes } from "./resources/organizations.ts";
import { roleRoutes } from "./resources/roles.ts";
import { userRoleRoutes } from "./resources/user-roles.ts";
import { userRoutes } from "./resources/users.ts";
import { validatorCompiler } from "./validation.ts";

/** The settings of an API. */
export interface AppOptions {
  readonly dsn: string;
  /** At least 32 characters. */
  readonly sessionSecret: string;
  /** Seconds. */
  readonly sessionTtl: number;
  /** Seconds within which a request's headers and body must arrive; default 30. */
  readonly requestTimeout?: number;
  /** pino's level; default: silent. */
  readonly logLevel?: string;
  readonly trustProxy?: string;
  /** Login attempts per minute for each address, and for each account from all addresses; default 10. */
  readonly loginsPerMinute?: number;
  /** How many requests may use the database or wait for a connection at once; default 250. */
  readonly maxRequests?: number;
  /** True once the process is told to stop: then every answer closes its connection. */
  readonly isStopping?: () => boolean;
}

/** Builds the API on the database at `dsn`, which may be unreachable yet; `close` closes its connections. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { isStopping = () => false } = options;
  const app = Fastify(serverOptions(options)).withTypeProvider<TypeBoxTypeProvider>();
  const readiness = watchReadiness(options.dsn, logReadiness(app.log, options.dsn));
  // Logs a problem of the database before the first request.
  app.addHook("onListen", () => void readiness.check());
  app.addHook("onClose", async () => await readiness.close());
  app.setValidatorCompiler(validatorCompiler);
  addJsonParser(app);
  addProblemHandlers(app);
  app.addHook("onSend", async (_request, reply) => {
    if (isStopping()) reply.header("connection", "close");
    // Tokens, permissions and readiness may change at any moment.
    if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
  });
  await app.register(metrics, { readiness });
  await app.register(helmet, { contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"] } } });
  await addDocs(app);
  addFrontPage(app);
  await app.register(healthRoutes, { readiness, isStopping });
  await app.register(async (scope) => await addResources(scope, options, readiness), { prefix: "/v1" });
  return app;
}

async function addResources(app: FastifyInstance, options: AppOptions, readiness: Readiness): Promise<void> {
  const { sessionSecret, sessionTtl, loginsPerMinute = 10, maxRequests = 250 } = options;
  const orm = openDatabase(options.dsn, (message) => app.log.warn(message), readiness.identity);
  app.addHook("onClose", async () => await orm.close());
  await app.register(jwt, {
    secret: sessionSecret,
    sign: { algorithm: "HS256" },
    verify: { algorithms: ["HS256"], requiredClaims: ["sub", "exp", "fingerprint"] },
  });
  await app.register(rateLimit, {
    global: false,
    errorResponseBuilder: (_request, { after }) => new HttpProblem(429, `Too many attempts: try again in ${after}`),
  });
  addGate(app, { admission: boundRequests(app, maxRequests), orm, readiness, sessionSecret });
  await app.register(sessionRoutes, { sessionSecret, sessionTtl, loginsPerMinute });
  for (const routes of [organizationRoutes, userRoutes, userRoleRoutes, roleRoutes, dataSourceRoutes])
    await app.register(routes);
}

function serverOptions(options: AppOptions): FastifyHttpOptions<Server> {
  const { logLevel = "silent", trustProxy, requestTimeout = 30 } = options;
  const timeout = requestTimeout * 1000;
  return {
    // Neither headers nor queries: they contain tokens and mail addresses.
    logger: {
      level: logLevel,
      serializers: { req: (request) => ({ method: request.method, path: pathOf(request), remoteAddress: request.ip }) },
    },
    ...(trustProxy && { trustProxy }),
    bodyLimit: 1024 * 1024,
    // A client that sends a byte now and then cannot hold a connection longer than this; Node checks every 30 s by
    // default.
    requestTimeout: timeout,
    http: { requestTimeout: timeout, headersTimeout: timeout, connectionsCheckingInterval: 1000 },
    clientErrorHandler: answerBrokenRequest,
    // While stopping, requests on open connections are answered, not refused.
    return503OnClosing: false,
    // A path that cannot be decoded fails before routing.
    frameworkErrors: (error, request, reply) => void sendError(error, request, reply),
  };
}
