import { connect } from "./connect.ts";
import type { Context } from "./context.ts";
import { openHistory } from "./history.ts";
import { readLedger } from "./ledger.ts";
import { type Status, summarize } from "./status.ts";

/** Reads where the database stands; changes nothing and takes no lock. Throws a `MigratorError` when it cannot. */
export async function readStatus(context: Context): Promise<Status> {
  const history = await openHistory(context.directory);
  const connection = await connect(context.dsn, `migrator/${context.toolVersion}`);
  try {
    const applied = await readLedger(connection.query, context.ledger);
    await history.loadForChecks(applied);
    return summarize(history.known(), applied, history.folder.manifest);
  } finally {
    await connection.close();
  }
}
