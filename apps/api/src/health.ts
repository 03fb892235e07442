import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { HttpProblem } from "./problem.ts";
import type { Readiness } from "./readiness.ts";
import { about, Exactly } from "./resources/schemas.ts";

/** Whom the probes ask. */
export interface HealthOptions {
  readonly readiness: Readiness;
  /** Whether the process has been told to stop: no new traffic, please. */
  readonly isStopping: () => boolean;
}

const Answer = Exactly({ status: Type.String() });

/** `GET /healthz`: the process is alive. `GET /readyz`: it can serve, because the schema is the one that it expects. */
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
