import { type Context, createContext } from "./context.ts";
import type { MigrationFolder } from "./discover.ts";
import { ConfigurationError } from "./errors.ts";
import { up } from "./migrate.ts";

/** Applies the folder, all of it or up to a migration, to the empty database at `dsn`. Throws when a migration does not apply there. */
export async function replay(context: Context, folder: MigrationFolder, dsn: string, to?: string): Promise<void> {
  if (folder.files.length === 0) return;
  const { directory, loadOrmOptions: ormOptions, signal } = context;
  const ledger = `${context.ledger.schema}.${context.ledger.table}`;
  const report = await up(createContext({ dsn, directory, ledger, ormOptions, signal, lockWaitMs: 0 }), { to });
  if (report.error) throw report.error;
  const [problem] = report.problems;
  if (problem) throw new ConfigurationError(problem.message);
}
