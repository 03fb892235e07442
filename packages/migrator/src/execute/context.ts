import type { OrmOptions } from "./orm-options.ts";
import path from "node:path";
import { ConfigurationError } from "../errors.ts";
import type { Event } from "../events.ts";
import { uniqueId } from "../hash.ts";
import type { MigrationFolder } from "../history/folder.ts";
import type { DatabaseAddress } from "../postgres/connection.ts";
import type { ReleaseSettings } from "../releases/settings.ts";
import { MigrationCache } from "../history/cache.ts";
import { defaultLedger, type LedgerTable } from "../ledger/tables.ts";

/** What `up` does with a backfill of a large table: leave it to `backfill run`, run its batches, or one statement. */
export type BackfillMode = "hold" | "wait" | "whole";

/** The engine's options; all but `dsn` and `migrations` have a default. */
export interface ContextOptions {
  /** `postgresql://user:password@host:port/database`, or the driver's own configuration. */
  readonly dsn: DatabaseAddress;
  /** Gives the password; asked at each connect, for a token that is valid for minutes. Default: that of `dsn`. */
  readonly password?: (() => string | Promise<string>) | undefined;
  /** The folder of the migrations, or a program's list in its place. */
  readonly migrations: string | MigrationFolder;
  /** The ledger as `table` or `schema.table`; default: MikroORM's own. */
  readonly ledger?: string | undefined;
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
}

/** The options with every default filled in, and what a run constructs from them. */
export type Context = Defaulted & {
  readonly ledger: LedgerTable;
  readonly runId: string;
  readonly host: string;
  /** Returns MikroORM's options, loaded on demand. */
  readonly loadOrmOptions: () => Promise<OrmOptions | undefined>;
  readonly signal: AbortSignal | undefined;
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
      "ledger" | "signal" | "cache" | "ormOptions" | "releases" | "undoKey" | "password"
    >
  ]-?: NonNullable<ContextOptions[Key]>;
};

function withPassword({ dsn, password: give }: ContextOptions): DatabaseAddress {
  if (!give) return dsn;
  const password = async () => {
    try {
      return await give();
    } catch (cause) {
      throw new ConfigurationError(`The password of the database cannot be had: ${(cause as Error).message}`, {
        cause,
      });
    }
  };
  return typeof dsn === "string" ? { connectionString: dsn, password } : { ...dsn, password };
}

/** Fills in defaults. Throws a `ConfigurationError` for an invalid ledger name. */
export function createContext(options: ContextOptions): Context {
  const migrations = typeof options.migrations === "string" ? path.resolve(options.migrations) : options.migrations;
  let runId: string | undefined;
  const toolVersion = options.toolVersion ?? "library";
  return {
    dsn: withPassword(options),
    migrations,
    ledger: parseLedger(options.ledger),
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
      options.cache === undefined || typeof migrations !== "string"
        ? undefined
        : new MigrationCache(options.cache, migrations, toolVersion),
    loadOrmOptions:
      typeof options.ormOptions === "function"
        ? options.ormOptions
        : async () => options.ormOptions as OrmOptions | undefined,
    undoKey: typeof options.undoKey === "function" ? options.undoKey : () => options.undoKey as string | undefined,
    onEvent: options.onEvent ?? (() => {}),
    signal: options.signal,
    get runId() {
      return (runId ??= uniqueId());
    },
    // Loaded when the host is recorded: most starts record nothing.
    get host() {
      return process.getBuiltinModule("node:os").hostname();
    },
  };
}

/**
 * The folder of the migrations, for code that writes into it. Throws a `ConfigurationError` where a program gave a
 * list.
 */
export function directoryOf({ migrations }: Pick<Context, "migrations">): string {
  if (typeof migrations === "string") return migrations;
  throw new ConfigurationError("This command writes files: give a migrations folder, not a list");
}

function parseLedger(name: string | undefined): LedgerTable {
  if (name === undefined) return defaultLedger;
  const [first, second, third] = name.split(".");
  if (!first || third !== undefined || second === "")
    throw new ConfigurationError(`"${name}" is not a valid ledger name: use TABLE or SCHEMA.TABLE`);
  return second === undefined ? { schema: defaultLedger.schema, table: first } : { schema: first, table: second };
}
