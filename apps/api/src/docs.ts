import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance, FastifySchema } from "fastify";
import { ProblemDocument } from "./resources/schemas.ts";

const description =
  "theData.io's organizations, users, roles and data sources. Log in with `POST /v1/sessions` and send the token as " +
  "`Authorization: Bearer …`. Every answer that is not a success is a problem document (RFC 9457).";

/** Documents every route that is registered afterwards, as OpenAPI at `/docs` and `/docs/json`. */
export async function addDocs(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "theData.io API", version: "1", description },
      components: { securitySchemes: { session: { type: "http", scheme: "bearer", bearerFormat: "JWT" } } },
    },
    transform: ({ schema, url }) => ({ schema: schema && withProblems(schema), url }),
  });
  await app.register(swaggerUi, { routePrefix: "/docs", staticCSP: contentPolicy });
}

// The library's policy without `upgrade-insecure-requests`: the API speaks plain HTTP.
const contentPolicy = {
  "default-src": ["'self'"],
  "img-src": ["'self'", "data:"],
  "style-src": ["'self'", "'unsafe-inline'"],
  "script-src": ["'self'"],
  "object-src": ["'none'"],
  "frame-ancestors": ["'none'"],
};

function withProblems(schema: FastifySchema): FastifySchema {
  const problem = (summary: string) => ({
    description: summary,
    content: { "application/problem+json": { schema: ProblemDocument } },
  });
  const responses = schema.response ?? { 200: { description: "Done", type: "string" } };
  const problems = { "4XX": problem("The request is at fault"), "5XX": problem("The API is at fault, or not ready") };
  return { ...schema, response: { ...responses, ...problems } };
}
