import { type ConnectionError, InterruptedError, MigratorError } from "../errors.ts";
import type { MigrationCache } from "../history/cache.ts";
import { type History, openFolder, readFolder } from "../history/history.ts";
import { type Connection, connect, isNotUpYet } from "../postgres/connection.ts";
import type { Context } from "./context.ts";
import { nameSession } from "./job.ts";

/** Opens a session of this run and closes it after `work`. An abort of the run cancels the statement under way. */
export async function withConnection<Result>(
  context: Context,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  return await onConnection(context, await connectTo(context), work);
}

const many = 2000;

/** Opens a session, reads the history while the server makes it, and closes the session after `work`. */
export async function withHistory<Result>(
  context: Context,
  work: (connection: Connection, history: History) => Promise<Result>,
  cache: MigrationCache | undefined = context.openCache(),
): Promise<Result> {
  // A missing folder is reported before a connection is opened.
  const folder = context.history?.folder ?? (await openFolder(context.migrations));
  if (folder.files.length > many) context.onEvent({ type: "reading", migrations: folder.files.length });
  return await withConnectionMeanwhile(context, () => context.history ?? readFolder(folder, cache), work);
}

/** Opens a session, runs `meanwhile` while the server makes it, and closes the session after `work`. */
export async function withConnectionMeanwhile<Found, Result>(
  context: Context,
  meanwhile: () => Found,
  work: (connection: Connection, found: Found) => Promise<Result>,
): Promise<Result> {
  const connecting = connectTo(context);
  // Prevents an unhandled rejection: the `await` below receives the failure.
  connecting.catch(() => {});
  // Lets the connection request go out before `meanwhile` blocks this thread.
  await new Promise((resolve) => setImmediate(resolve));
  const found = settle(meanwhile);
  return await onConnection(context, await connecting, async (connection) => await work(connection, found()));
}

/** Runs `run` now and throws its error only when the result is read, so that the new session is closed. */
function settle<Found>(run: () => Found): () => Found {
  try {
    const found = run();
    return () => found;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** Opens a session; waits for a server that is not up yet, where the run is told to, but not for one that refuses it. */
async function connectTo(context: Context): Promise<Connection> {
  const { dsn, databaseWaitMs, onEvent, signal } = context;
  const deadline = Date.now() + databaseWaitMs;
  for (let told = false; ; told = true) {
    try {
      return await connect(dsn, nameSession(context));
    } catch (error) {
      if (!isNotUpYet(error) || signal?.aborted || Date.now() >= deadline) throw error;
      if (!told) onEvent({ type: "unreachable", message: (error as ConnectionError).message });
      const { setTimeout: sleep } = await import("node:timers/promises");
      await sleep(Math.min(500, Math.max(deadline - Date.now(), 1)), undefined, { signal }).catch(() => {});
    }
  }
}

async function onConnection<Result>(
  context: Context,
  connection: Connection,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const cancel = () => void connection.cancel().catch(() => {});
  context.signal?.addEventListener("abort", cancel);
  try {
    return await work(connection);
  } catch (error) {
    // The cancel may hit any query of the runner.
    throw context.signal?.aborted && !(error instanceof MigratorError) ? new InterruptedError() : error;
  } finally {
    context.signal?.removeEventListener("abort", cancel);
    await connection.close();
  }
}
