import { Client } from "pg";

/** A moment in a run: before a query is sent, or after its answer came. */
export interface CrashPoint {
  /** The query's number, from 1, over all queries of the run. */
  readonly query: number;
  readonly when: "before" | "after";
}

function isObserver(client: Client): boolean {
  const { connectionParameters } = client as unknown as { connectionParameters: { application_name?: string } };
  return connectionParameters.application_name === "migrator observer";
}

type AnyQuery = (this: Client, ...parameters: unknown[]) => Promise<unknown>;

/**
 * From now on, calls `crash` at one moment of all that this process asks PostgreSQL, with the client that is asking.
 * Gives the number of queries so far, and an end to it, which waits for the crash. `onText` is told each query.
 */
export function crashAt(
  point: CrashPoint,
  crash: (client: Client) => Promise<void>,
  onText: (text: string) => void = () => {},
): { count(): number; restore(): Promise<void> } {
  const original = Client.prototype.query as unknown as AnyQuery;
  let count = 0;
  let crashed = Promise.resolve();
  const counted: AnyQuery = async function (...parameters) {
    // How often the run's second session looks depends on the time that it takes.
    if (isObserver(this)) return await original.apply(this, parameters);
    const number = ++count;
    onText(String(parameters[0]));
    if (number === point.query && point.when === "before") await (crashed = crash(this));
    try {
      return await original.apply(this, parameters);
    } finally {
      if (number === point.query && point.when === "after") await (crashed = crash(this));
    }
  };
  Client.prototype.query = counted as unknown as typeof Client.prototype.query;
  return {
    count: () => count,
    restore: async () => {
      Client.prototype.query = original as unknown as typeof Client.prototype.query;
      // Whoever sends a pipeline does not wait for this promise, and the run may be over before the crash is.
      await crashed;
    },
  };
}
