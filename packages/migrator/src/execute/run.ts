import type { Parameterized } from "../postgres/parameterized.ts";
import type { Direction } from "../report.ts";
import type { Job } from "./job.ts";
import type { OrmOptions } from "./orm-options.ts";
import type { Connection } from "../postgres/connection.ts";
import type { Event } from "../events.ts";
import type { LoadedMigration } from "../history/load.ts";
import type { LedgerTable } from "../ledger/tables.ts";
import type { DigestUndo } from "../ledger/undo-digester.ts";

/** A migration and the direction in which it runs. */
export interface Step {
  readonly migration: LoadedMigration;
  readonly direction: Direction;
  /** How long its batches took before, in milliseconds, where it is a backfill that is only recorded now. */
  readonly tookMs?: number | undefined;
  /** What is recorded of releases together with it. */
  readonly alongside?: readonly Parameterized[] | undefined;
}

/** What every step of a run shares. */
export interface Run {
  readonly connection: Connection;
  readonly ledger: LedgerTable;
  readonly runId: string;
  readonly toolVersion: string;
  readonly job?: Job | undefined;
  /** The host that the run is on. */
  readonly host: string;
  /** The longest wait for a lock on a table, in milliseconds. */
  readonly lockTimeoutMs: number;
  /** Commands that set the session's time-outs again after `reset all`; none where the role has none. */
  readonly timeouts?: readonly string[] | undefined;
  /**
   * True: another step of the run follows, so the server need not flush this step's commit to the disk: the next commit
   * that waits flushes all before it. A crash of the server loses whole steps, the last first.
   */
  readonly another?: boolean | undefined;
  /** Undefined on a shadow database, and for `down`, which stores nothing. */
  readonly digestUndo?: DigestUndo | undefined;
  readonly loadOrmOptions: () => Promise<OrmOptions | undefined>;
  readonly onEvent: (event: Event) => void;
  readonly signal?: AbortSignal | undefined;
}
