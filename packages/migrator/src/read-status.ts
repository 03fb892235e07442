import { findInvalidIndexes } from "./concurrent-index.ts";
import type { Context } from "./context.ts";
import type { Problem } from "./errors.ts";
import { readLedger } from "./ledger.ts";
import { type Status, summarize } from "./status.ts";
import { withHistory } from "./under-lock.ts";

/** Reads where the database stands; changes nothing and takes no lock. Throws a `MigratorError` when it cannot. */
export async function readStatus(context: Context): Promise<Status> {
  return await withHistory(context, async ({ query }, history) => {
    const applied = await readLedger(query, context.ledger);
    await history.loadForChecks(applied);
    const status = summarize(history.known(), applied, history.folder.manifest);
    return { ...status, problems: [...status.problems, ...(await findInvalidIndexes(query)).map(toProblem)] };
  });
}

/** No contradiction between history and database, so the state stays what it is. */
function toProblem(index: string): Problem {
  const message = `The index ${index} is invalid: a build was cut off. The next "migrator up" builds it anew if a pending migration makes it; else drop it with "drop index concurrently ${index}".`;
  return { code: "invalid-index", migration: null, message };
}
