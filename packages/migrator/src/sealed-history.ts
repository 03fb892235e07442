import type { Connection } from "./connect.ts";
import type { Context } from "./context.ts";
import { type History, openHistory } from "./history.ts";
import { digestOf } from "./ledger.ts";
import { withConnectionMeanwhile, withHistory } from "./under-lock.ts";

/** What a command does with a history that an earlier run may vouch for. */
export interface SealedWork<Result> {
  /** With the digest of a history that is sound and stands in no file that was opened; undefined: it takes more. */
  quick(connection: Connection, digest: string): Promise<Result | undefined>;
  /** With the history itself; `press` vouches for it from now on, once it is found sound and every file known. */
  thorough(connection: Connection, history: History, press: () => void): Promise<Result>;
}

/** Opens a session and does the work: the quick one where folder and seal allow it and it has an answer. */
export async function withSealedHistory<Result>(
  context: Context,
  { quick, thorough }: SealedWork<Result>,
): Promise<Result> {
  const seal = context.openSeal();
  const read = async (connection: Connection, history: History) =>
    await thorough(connection, history, () => {
      // A migration that depends on other files is vouched for by none.
      if (history.recalled) seal?.press(digestOf(history.known()));
    });
  if (!seal?.promising) {
    // The stamps are taken before anybody reads the files.
    seal?.recall();
    return await withHistory(context, read);
  }
  return await withConnectionMeanwhile(context, seal.recall, async (connection, digest) => {
    const result = digest === undefined ? undefined : await quick(connection, digest);
    return result ?? (await read(connection, await openHistory(context.directory, context.stamps)));
  });
}
