import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { createDatabase } from "@thedata/dev-postgres";
import "@thedata/dev-postgres/vitest";
import type { TestProject } from "vitest/node";

/** The database that each test copies: all migrations applied, no rows of its own. */
export const template = "api_template";

/** Vitest's global setup: makes the template once a run, on the server that the setup before it started. */
export async function setup(project: TestProject): Promise<void> {
  const dsn = await createDatabase(project.getProvidedContext().postgresDsn, { name: template });
  // A process of its own: this one does not read workspace packages from their source.
  const program = path.join(import.meta.dirname, "migrate.ts");
  await promisify(execFile)(process.execPath, ["--conditions=@thedata/source", program, dsn]);
}
