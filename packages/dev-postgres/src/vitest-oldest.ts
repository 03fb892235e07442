import type { TestProject } from "vitest/node";
import { versions } from "./server.ts";
import { startPostgres } from "./start-postgres.ts";

/** Vitest's global setup with the oldest version of PostgreSQL that is supported. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startPostgres({ source: "embedded", version: versions[0] });
  project.provide("postgresDsn", postgres.dsn);
  return postgres.stop;
}
