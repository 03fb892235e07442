import { createDatabase } from "@thedata/dev-postgres";
import "@thedata/dev-postgres/vitest";
import { directory } from "@thedata/migrations";
import { createContext, up } from "@thedata/migrator";
import type { TestProject } from "vitest/node";

/** The database that each test copies: all migrations applied, no rows of its own. */
export const template = "api_template";

/** Vitest's global setup: makes the template once a run, on the server that the setup before it started. */
export async function setup(project: TestProject): Promise<void> {
  const dsn = await createDatabase(project.getProvidedContext().postgresDsn, { name: template });
  const report = await up(createContext({ dsn, directory }));
  if (report.outcome !== "applied") throw new Error(`the template was not migrated: ${JSON.stringify(report)}`);
}
