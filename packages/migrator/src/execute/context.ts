import type { OrmOptions } from "./orm-options.ts";
import path from "node:path";
import { ConfigurationError } from "../errors.ts";
import type { Event } from "../events.ts";
import { uniqueId } from "../hash.ts";
import type { MigrationFolder } from "../history/folder.ts";
import type { History } from "../history/history.ts";
import { findOpened, type KnownHistory } from "../history/known-history.ts";
import { isPart, type MigrationSource } from "../history/part.ts";
import { beforeSchema, type DatabaseOptions, databaseOf, ledgerOf, partOf } from "./database-options.ts";
import type { Job } from "./job.ts";
import type { ReleaseSettings } from "../releases/settings.ts";
import { MigrationCache } from "../history/cache.ts";
import type { LedgerTable } from "../ledger/tables.ts";

/** What `up` does with a backfill of a large table: leave it to `backfill run`, run its batches, or one statement. */
export type BackfillMode = "hold" | "wait" | "whole";

/** The engine's options; all but `dsn` and `migrations` have a default. */
export interface ContextOptions extends DatabaseOptions {
  /** The folder of the migrations, or a program's list in its place. */
  readonly migrations: string | MigrationFolder;
  /**
   * What `readHistory` gave for these migrations and this part: a program that migrates many databases reads them once.
   */
  readonly history?: KnownHistory | undefined;
  /** The job that this run is an attempt of: where an earlier attempt's session still holds the lock, it is ended. */
  readonly job?: Job | undefined;
  /** How long to wait for another runner, in milliseconds; default 60 000. */
  readonly lockWaitMs?: number | undefined;
  /** How long to wait for a server that cannot be reached yet or is starting up, in milliseconds; default 0. */
  readonly databaseWaitMs?: number | undefined;
  /** How long a statement may wait for a lock on a table, in milliseconds; default 3000. */
  readonly lockTimeoutMs?: number | undefined;
  /** How long to retry a migration after a lock time-out, in milliseconds; default 120 000. */
  readonly lockBudgetMs?: number | undefined;
  /** How long a statement may run, in milliseconds, in place of the role's own time-out; default: no limit. */
  readonly statementTimeoutMs?: number | undefined;
  readonly allowOutOfOrder?: boolean | undefined;
  /**
   * What `up` does with a backfill of a large table: leaves it, and what comes after it, to `backfill run` (`hold`), runs
   * its batches (`wait`), or runs it as one statement (`whole`); default `hold`.
   */
  readonly backfills?: BackfillMode | undefined;
  /** Whether `up` lints what is pending: refuses what is an error, reports it, or does not look; default: off. */
  readonly safety?: "enforce" | "warn" | "off" | undefined;
  /** The linter's severities, by rule. */
  readonly rules?: Readonly<Record<string, "error" | "warning" | "note" | "off">> | undefined;
  /** Releases of the models, which must work after each step; default: none are known. */
  readonly releases?: ReleaseSettings | undefined;
  /** Recorded in the ledger and shown in `application_name`. */
  readonly toolVersion?: string | undefined;
  /** A folder for the cache of what was read from migration files; it must be this user's own. Default: no cache. */
  readonly cache?: string | undefined;
  /** MikroORM's options, for migrations whose code uses an EntityManager. */
  readonly ormOptions?: OrmOptions | (() => Promise<OrmOptions | undefined>) | undefined;
  /**
   * Signs the undo that is stored in the ledger, and checks it before it runs; 32 characters or more, or a function that
   * gives it when it is needed. Default: a digest only.
   */
  readonly undoKey?: string | (() => string | undefined) | undefined;
  readonly onEvent?: ((event: Event) => void) | undefined;
  /** An abort cancels the statement under way, rolls its migration back and ends the run. */
  readonly signal?: AbortSignal | undefined;
  /** An abort ends the run before the next migration; the one under way is finished. */
  readonly stop?: AbortSignal | undefined;
}

/** The options with every default filled in, and what a run constructs from them. */
export type Context = Defaulted & {
  readonly ledger: LedgerTable;
  readonly migrations: MigrationSource;
  /** What was read before; undefined: it is read for this run. */
  readonly history: History | undefined;
  readonly schema: string | undefined;
  /** The context of what is shared, which runs before a tenant's schema; undefined: the run is of no schema. */
  readonly sharedFirst: (() => Context) | undefined;
  /** The tenant's schema that a run of what is shared prepares for: it must be there. */
  readonly forSchema: string | undefined;
  readonly job: Job | undefined;
  readonly runId: string;
  readonly host: string;
  /** Returns MikroORM's options, loaded on demand. */
  readonly loadOrmOptions: () => Promise<OrmOptions | undefined>;
  readonly signal: AbortSignal | undefined;
  readonly stop: AbortSignal | undefined;
  readonly releases: ReleaseSettings | undefined;
  /** The key that signs the undo in the ledger; undefined: none. */
  readonly undoKey: () => string | undefined;
  /** Opens the cache of the migrations folder; undefined where none is configured. */
  readonly openCache: () => MigrationCache | undefined;
};

type Defaulted = {
  readonly [
    Key in Exclude<
      keyof ContextOptions,
      | "ledger"
      | "migrations"
      | "history"
      | "schema"
      | "shared"
      | "job"
      | "signal"
      | "stop"
      | "cache"
      | "ormOptions"
      | "releases"
      | "undoKey"
      | "password"
    >
  ]-?: NonNullable<ContextOptions[Key]>;
};

/** Fills in defaults. Throws a `ConfigurationError` for an invalid name of ledger or schema. */
export function createContext(options: ContextOptions, forSchema?: string): Context {
  const of = typeof options.migrations === "string" ? path.resolve(options.migrations) : options.migrations;
  const part = partOf(options);
  let runId: string | undefined;
  const toolVersion = options.toolVersion ?? "library";
  return {
    dsn: databaseOf(options),
    migrations: part === undefined ? of : { of, part },
    history: findOpened(options.history),
    ledger: ledgerOf(options),
    schema: options.schema,
    sharedFirst: options.schema === undefined ? undefined : () => createContext(beforeSchema(options), options.schema),
    forSchema,
    job: options.job,
    lockWaitMs: options.lockWaitMs ?? 60_000,
    databaseWaitMs: options.databaseWaitMs ?? 0,
    lockTimeoutMs: options.lockTimeoutMs ?? 3000,
    lockBudgetMs: options.lockBudgetMs ?? 120_000,
    statementTimeoutMs: options.statementTimeoutMs ?? 0,
    allowOutOfOrder: options.allowOutOfOrder ?? false,
    backfills: options.backfills ?? "hold",
    safety: options.safety ?? "off",
    rules: options.rules ?? {},
    releases: options.releases,
    toolVersion,
    openCache: () =>
      options.cache === undefined || typeof of !== "string"
        ? undefined
        : new MigrationCache(options.cache, of, toolVersion, part),
    loadOrmOptions:
      typeof options.ormOptions === "function"
        ? options.ormOptions
        : async () => options.ormOptions as OrmOptions | undefined,
    undoKey: typeof options.undoKey === "function" ? options.undoKey : () => options.undoKey as string | undefined,
    onEvent: options.onEvent ?? (() => {}),
    signal: options.signal,
    stop: options.stop,
    get runId() {
      return (runId ??= uniqueId());
    },
    // Loaded when the host is recorded: most starts record nothing.
    get host() {
      return process.getBuiltinModule("node:os").hostname();
    },
  };
}

/** Where all migrations are. Throws a `ConfigurationError` where the run is of a part of the history. */
export function wholeOf({ migrations }: Pick<Context, "migrations">): string | MigrationFolder {
  if (!isPart(migrations)) return migrations;
  throw new ConfigurationError(
    "This command looks at the history as a whole: it takes neither the schema of a tenant nor the shared part",
  );
}

/**
 * The folder of the migrations, for code that writes into it. Throws a `ConfigurationError` where a program gave a
 * list, or a part of the history.
 */
export function directoryOf(context: Pick<Context, "migrations">): string {
  const migrations = wholeOf(context);
  if (typeof migrations === "string") return migrations;
  throw new ConfigurationError("This command writes files: give a migrations folder, not a list");
}
