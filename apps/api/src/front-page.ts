import type { FastifyInstance } from "fastify";

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>theData.io API</title>
<h1>theData.io API</h1>
<ul>
<li><a href="docs">docs</a>: every route, to read and to try; <a href="docs/json">docs/json</a> is the same as OpenAPI
<li>v1: the resources; log in with POST v1/sessions
<li><a href="healthz">healthz</a>: is the process alive? <a href="readyz">readyz</a>: does the schema fit?
<li><a href="metrics">metrics</a>, for Prometheus
</ul>
</html>
`;

/** Adds `GET /`: a page of links for browsers. */
export function addFrontPage(app: FastifyInstance): void {
  app.get(
    "/",
    { schema: { hide: true } },
    async (_request, reply) => await reply.type("text/html; charset=utf-8").send(page),
  );
}
