import type { TestProject } from "vitest/node";
import { startPostgres } from "./start-postgres.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** A superuser's address on the server that this run of tests started. */
    postgresDsn: string;
  }
}

/** Vitest's global setup: one server for a run; `inject("postgresDsn")` gives its address to the tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startPostgres();
  project.provide("postgresDsn", postgres.dsn);
  return postgres.stop;
}
