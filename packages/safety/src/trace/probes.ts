import { quote } from "@thedata/catalog/sql";
import type { TracedSession } from "./measure.ts";

/** How long a program that reads or writes a table waited for it at most, in milliseconds. */
export interface ProbeResult {
  /** `schema.table`. */
  readonly table: string;
  readonly kind: "read" | "write";
  readonly longestMs: number;
  /** How often it asked. */
  readonly times: number;
}

/** A session for a probe, with its end. */
export type ProbeSession = Pick<TracedSession, "query"> & { close(): Promise<void> };

/**
 * Starts a reader and a writer on each table, in sessions of their own, which ask again and again what a program would:
 * a row, and the lock that INSERT takes. The returned function ends them and gives their longest waits.
 */
export async function startProbes(
  tables: readonly string[],
  connect: () => Promise<ProbeSession>,
): Promise<() => Promise<ProbeResult[]>> {
  let isOver = false;
  const kinds = ["read", "write"] as const;
  const probes = tables.flatMap((table) => kinds.map((kind) => probe(table, kind, connect, () => isOver)));
  await Promise.all(probes.map(({ ready }) => ready));
  return async () => {
    isOver = true;
    return await Promise.all(probes.map(async ({ result }) => await result));
  };
}

function probe(table: string, kind: ProbeResult["kind"], connect: () => Promise<ProbeSession>, isOver: () => boolean) {
  const opened = connect();
  const quoted = table.split(".").map(quote).join(".");
  const sql =
    kind === "read" ? `select from ${quoted} limit 1` : `begin; lock table ${quoted} in row exclusive mode; rollback`;
  const result = opened.then(async ({ query, close }) => {
    let [longestMs, times] = [0, 0];
    try {
      // Once before the end too, so that a wait that is under way is seen to its end.
      do {
        const started = performance.now();
        await query(sql);
        longestMs = Math.max(longestMs, performance.now() - started);
        times++;
        await new Promise((resolve) => setTimeout(resolve, 2));
      } while (!isOver());
    } catch {
      // The table is gone.
    }
    await close();
    return { table, kind, longestMs, times };
  });
  return { ready: opened, result };
}
