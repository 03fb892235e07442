import { escapeIdentifier } from "pg";
import { type Context, createContext } from "../execute/context.ts";
import { isPart } from "../history/part.ts";
import { connect } from "../postgres/connection.ts";
import { throwFailure } from "../shadow/replay.ts";
import { shadowApplication } from "../shadow/shadow.ts";
import { up } from "./up-and-down.ts";

/**
 * Applies a part of a history up to `to` to the empty database at `dsn`: what is shared, or a tenant's part in a schema of
 * the tenant's name, and before it what is shared as far as that. Throws a `MigratorError` when one fails.
 */
export async function replayPart(context: Context, dsn: string, to: string): Promise<void> {
  const { migrations, schema, ledger, loadOrmOptions: ormOptions, signal } = context;
  if (schema !== undefined) await createSchema(dsn, schema);
  const part =
    schema === undefined
      ? { shared: true, ledger: `${ledger.schema}.${ledger.table}` }
      : { schema, ledger: ledger.table };
  const of = isPart(migrations) ? migrations.of : migrations;
  throwFailure(
    await up(createContext({ dsn, migrations: of, ...part, ormOptions, signal, lockWaitMs: 0, backfills: "whole" }), {
      to,
    }),
  );
}

async function createSchema(dsn: string, schema: string): Promise<void> {
  const { query, close } = await connect(dsn, shadowApplication);
  await query(`create schema ${escapeIdentifier(schema)}`).finally(close);
}
