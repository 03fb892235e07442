import { connect } from "../postgres/connection.ts";
import { shadowApplication } from "./shadow.ts";
import { makeLedgerSchema } from "./ledger-schema.ts";
import { installFirst } from "./extensions.ts";
import { type Context, createContext, wholeOf } from "../execute/context.ts";
import type { MigrationFolder } from "../history/folder.ts";
import { ConfigurationError, MigrationFailedError, type MigratorError } from "../errors.ts";
import { migrate } from "../execute/migrate.ts";
import type { Report } from "../report.ts";

/**
 * Applies the folder's migrations, all or up to `to`, to the empty database at `dsn`. Throws a `MigratorError` when one
 * fails.
 */
export async function replay(context: Context, folder: MigrationFolder, dsn: string, to?: string): Promise<void> {
  if (folder.files.length === 0) return;
  const { loadOrmOptions: ormOptions, signal } = context;
  const migrations = wholeOf(context);
  if (context.ledger.schema !== "public") {
    const { query, close } = await connect(dsn, shadowApplication);
    await makeLedgerSchema(query, context.ledger).finally(close);
  }
  const ledger = `${context.ledger.schema}.${context.ledger.table}`;
  const report = await migrate(
    createContext({ dsn, migrations, ledger, ormOptions, signal, lockWaitMs: 0, backfills: "whole" }),
    "up",
    {
      to,
    },
  );
  throwFailure(report);
}

/** Throws what kept a replay from its end. */
export function throwFailure({ error, problems: [problem] }: Report): void {
  if (error) throw withoutExtension(error) ?? error;
  if (problem) throw new ConfigurationError(problem.message);
}

/** Turns a missing extension into a `ConfigurationError`: the server lacks it, and the migration is right. */
function withoutExtension(error: MigratorError): ConfigurationError | undefined {
  if (!(error instanceof MigrationFailedError) || error.sqlState !== "0A000") return undefined;
  const name = /\bcreate extension (?:if not exists )?"?([\w-]+)/i.exec(error.statement ?? "")?.[1];
  if (name === undefined) return undefined;
  return new ConfigurationError(`${error.migration} cannot be run on the shadow database. ${installFirst(name)}`, {
    cause: error,
  });
}
