import type { FastifyPluginAsync } from "fastify";
import fp from "fastify-plugin";
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Readiness } from "./readiness.ts";
import { about } from "./resources/schemas.ts";

/** The sources of the metrics. */
export interface MetricsOptions {
  readonly readiness: Readiness;
}

const routes: FastifyPluginAsync<MetricsOptions> = async (app, { readiness }) => {
  // One registry per app, so that two apps in one process, as in tests, count separately.
  const register = new Registry();
  collectDefaultMetrics({ register });
  addReadinessGauge(register, readiness);
  const durations = new Histogram({
    name: "http_request_duration_seconds",
    help: "How long requests took, by method, route pattern and status",
    labelNames: ["method", "route", "status"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [register],
  });
  app.addHook("onResponse", async ({ method, routeOptions }, { statusCode, elapsedTime }) => {
    // The route's pattern, not the path: a label per id would fill the memory.
    durations.observe({ method, route: routeOptions.url ?? "unknown", status: statusCode }, elapsedTime / 1000);
  });
  app.get(
    "/metrics",
    { logLevel: "warn", schema: about("operation", "Metrics in Prometheus's text format", "public") },
    async (_request, reply) => reply.type(register.contentType).send(await register.metrics()),
  );
};

/** Adds `GET /metrics`, and measures every route registered after it. */
export const metrics = fp(routes);

function addReadinessGauge(register: Registry, readiness: Readiness): void {
  const gauge: Gauge = new Gauge({
    name: "schema_ready",
    help: "1 while the schema is at the head that this build expects, else 0",
    registers: [register],
    collect: async () => gauge.set((await readiness.check()).ready ? 1 : 0),
  });
}
