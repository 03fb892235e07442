import type { Connection } from "../postgres/connection.ts";
import type { Context } from "./context.ts";
import { type History, openHistory } from "../history/history.ts";
import { digestOf } from "../ledger/ledger.ts";
import { withConnectionMeanwhile, withHistory } from "./session.ts";

/** A command's work on a history that an earlier run may have found sound. */
export interface CachedWork<Result> {
  /** Works with the digest of a sound history, without opening its files; undefined: `thorough` is needed. */
  quick(connection: Connection, digest: string): Promise<Result | undefined>;
  /** Works with the history itself; `vouch` records in the cache that it was found sound. */
  thorough(connection: Connection, history: History, vouch: () => void): Promise<Result>;
}

/**
 * Opens a session and does the work: `quick` where the cache knows the folder and `quick` has an answer, else
 * `thorough`.
 */
export async function withCachedHistory<Result>(
  context: Context,
  { quick, thorough }: CachedWork<Result>,
): Promise<Result> {
  const cache = context.history ? undefined : context.openCache();
  const read = async (connection: Connection, history: History) =>
    await thorough(connection, history, () => {
      // A migration that depends on other files can change while its own file stays the same.
      if (history.recalled) history.keep(digestOf(history.known()));
    });
  if (!cache?.promising) return await withHistory(context, read, cache);
  return await withConnectionMeanwhile(
    context,
    () => cache.recallDigest(),
    async (connection, digest) => {
      const result = digest === undefined ? undefined : await quick(connection, digest);
      return result ?? (await read(connection, await openHistory(context.migrations, cache)));
    },
  );
}
