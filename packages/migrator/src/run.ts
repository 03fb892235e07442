import type { Blocker } from "./blockers.ts";
import type { Connection } from "./connect.ts";
import type { OrmOptions } from "./driver.ts";
import type { LedgerTable } from "./ledger.ts";

/** What every step of a run shares. */
export interface Run {
  readonly connection: Connection;
  readonly ledger: LedgerTable;
  readonly runId: string;
  readonly toolVersion: string;
  /** The host that the run is on. */
  readonly host: string;
  /** The longest wait for a lock on a table, in milliseconds. */
  readonly lockTimeoutMs: number;
  /**
   * True: another step of the run follows, and the server need not flush this one's commit to the disk before it
   * goes on: the next commit that waits flushes all before it. A crash of the server loses whole steps, the last first.
   */
  readonly another?: boolean | undefined;
  readonly loadOrmOptions: () => Promise<OrmOptions | undefined>;
  readonly signal?: AbortSignal | undefined;
  /** Told who stands in the way of a statement that waits for a lock. */
  readonly onBlocked?: ((migration: string, blockers: readonly Blocker[]) => void) | undefined;
}
