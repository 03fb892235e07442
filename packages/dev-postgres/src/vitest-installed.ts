import type { TestProject } from "vitest/node";
import { startPostgres } from "./start-postgres.ts";

/** Vitest's global setup with the server that is installed on this machine. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startPostgres({ source: "installed" });
  project.provide("postgresDsn", postgres.dsn);
  return postgres.stop;
}
