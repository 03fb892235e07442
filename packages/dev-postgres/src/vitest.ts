import type { TestProject } from "vitest/node";
import { startPostgres } from "./start-postgres.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** A superuser's address on the server of this test run. */
    postgresDsn: string;
  }
}

/** Vitest's global setup: one server per run; tests get its address by `inject("postgresDsn")`. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startPostgres();
  project.provide("postgresDsn", postgres.dsn);
  return postgres.stop;
}
