import type { Context } from "./context.ts";
import { openHistory } from "./history.ts";
import { readLedger } from "./ledger.ts";
import { type Status, summarize } from "./status.ts";
import { withConnection } from "./under-lock.ts";

/** Reads where the database stands; changes nothing and takes no lock. Throws a `MigratorError` when it cannot. */
export async function readStatus(context: Context): Promise<Status> {
  const history = await openHistory(context.directory);
  return await withConnection(context, async ({ query }) => {
    const applied = await readLedger(query, context.ledger);
    await history.loadForChecks(applied);
    return summarize(history.known(), applied, history.folder.manifest);
  });
}
