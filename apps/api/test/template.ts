import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { createDatabase } from "@thedata/dev-postgres";
import "@thedata/dev-postgres/vitest";
import type { TestProject } from "vitest/node";

/** The database that each test copies: all migrations applied, no other rows. */
export const template = "api_template";

/** Vitest's global setup: creates the template once per run, on the server of the setup before it. */
export async function setup(project: TestProject): Promise<void> {
  const dsn = await createDatabase(project.getProvidedContext().postgresDsn, { name: template });
  // In its own process: this one cannot read workspace packages from source.
  const program = path.join(import.meta.dirname, "migrate.ts");
  await promisify(execFile)(process.execPath, ["--conditions=@thedata/source", program, dsn]);
}
