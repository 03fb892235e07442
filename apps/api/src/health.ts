import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { HttpProblem } from "./problem.ts";
import type { Readiness } from "./readiness.ts";
import { about, Exactly } from "./resources/schemas.ts";

/** What the probes report. */
export interface HealthOptions {
  readonly readiness: Readiness;
  /** True once the process is told to stop: it wants no new traffic. */
  readonly isStopping: () => boolean;
}

const Answer = Exactly({ status: Type.String() });

/** `GET /healthz`: the process is alive. `GET /readyz`: the schema is the expected one, so the API can serve. */
export const healthRoutes: FastifyPluginAsyncTypebox<HealthOptions> = async (app, { readiness, isStopping }) => {
  app.get(
    "/healthz",
    { logLevel: "warn", schema: { ...about("operation", "Alive?", "public"), response: { 200: Answer } } },
    async () => ({ status: "alive" }),
  );
  app.get(
    "/readyz",
    { logLevel: "warn", schema: { ...about("operation", "Ready to serve?", "public"), response: { 200: Answer } } },
    async () => {
      if (isStopping()) throw new HttpProblem(503, "The API is stopping");
      const { ready, reason } = await readiness.check();
      if (!ready) throw new HttpProblem(503, reason ?? "Not ready");
      return { status: "ready" };
    },
  );
};
