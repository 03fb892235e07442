import type { Connection } from "../postgres/connection.ts";
import type { Context } from "./context.ts";
import { type History, openHistory } from "../history/history.ts";
import { digestOf } from "../ledger/ledger.ts";
import { withConnectionMeanwhile, withHistory } from "./under-lock.ts";

/** What a command does with a history that an earlier run may have found sound. */
export interface CachedWork<Result> {
  /** With the digest of a sound history, of which no file was opened; undefined: it takes more. */
  quick(connection: Connection, digest: string): Promise<Result | undefined>;
  /** With the history itself; `vouch` says that it was found sound, for the runs to come. */
  thorough(connection: Connection, history: History, vouch: () => void): Promise<Result>;
}

/** Opens a session and does the work: the quick one where the cache knows the folder and the quick one has an answer. */
export async function withCachedHistory<Result>(
  context: Context,
  { quick, thorough }: CachedWork<Result>,
): Promise<Result> {
  const cache = context.openCache();
  const read = async (connection: Connection, history: History) =>
    await thorough(connection, history, () => {
      // Whether a migration that depends on other files has changed is not known from its own.
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
