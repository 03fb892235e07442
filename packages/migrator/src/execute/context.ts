import type { OrmOptions } from "./orm-options.ts";
import path from "node:path";
import { ConfigurationError } from "../errors.ts";
import type { Event } from "../events.ts";
import { uniqueId } from "../hash.ts";
import type { MigrationFolder } from "../history/folder.ts";
import type { DatabaseAddress } from "../postgres/connection.ts";
import { MigrationCache } from "../history/cache.ts";
import { defaultLedger, type LedgerTable } from "../ledger/tables.ts";

/** What a program tells the engine; everything but the first two has a default. */
export interface MigratorOptions {
  /** `postgresql://user:password@host:port/database`, or the driver's own configuration. */
  readonly dsn: DatabaseAddress;
  /** The folder of the migrations; or what a program gives in its place. */
  readonly migrations: string | MigrationFolder;
  /** The ledger as `table` or `schema.table`; MikroORM's own unless told. */
  readonly ledger?: string | undefined;
  /** How long to wait for another runner, in milliseconds; 60 000 unless told. */
  readonly lockWaitMs?: number | undefined;
  /** How long a statement may wait for a lock on a table, in milliseconds; 3000 unless told. */
  readonly lockTimeoutMs?: number | undefined;
  /** How long to try again after such a wait failed, in milliseconds; 120 000 unless told. */
  readonly lockBudgetMs?: number | undefined;
  /** How long a statement may run, in milliseconds, in place of the role's own time-out; as long as it takes unless told. */
  readonly statementTimeoutMs?: number | undefined;
  readonly allowOutOfOrder?: boolean | undefined;
  /** Recorded in the ledger and shown by PostgreSQL. */
  readonly toolVersion?: string | undefined;
  /** A folder of this user's where to keep what was read of migration files, for the next run; none unless told. */
  readonly cache?: string | undefined;
  /** MikroORM's options, for migrations whose code uses an EntityManager. */
  readonly ormOptions?: OrmOptions | (() => Promise<OrmOptions | undefined>) | undefined;
  readonly onEvent?: ((event: Event) => void) | undefined;
  /** Aborted: the statement under way is cancelled, its migration rolled back, and the run ends. */
  readonly signal?: AbortSignal | undefined;
}

/** The options with every default filled in: the one place where things are constructed. */
export type Context = Defaulted & {
  readonly ledger: LedgerTable;
  readonly runId: string;
  readonly host: string;
  /** Gives MikroORM's options, read when somebody needs them. */
  readonly loadOrmOptions: () => Promise<OrmOptions | undefined>;
  readonly signal: AbortSignal | undefined;
  /** Reads what earlier runs know of the folder as it stands now. */
  readonly openCache: () => MigrationCache | undefined;
};

type Defaulted = {
  readonly [Key in Exclude<keyof MigratorOptions, "ledger" | "signal" | "cache" | "ormOptions">]-?: NonNullable<
    MigratorOptions[Key]
  >;
};

/** Completes the options. Throws a `ConfigurationError` for a ledger name that is none. */
export function createContext(options: MigratorOptions): Context {
  const migrations = typeof options.migrations === "string" ? path.resolve(options.migrations) : options.migrations;
  let runId: string | undefined;
  const toolVersion = options.toolVersion ?? "library";
  return {
    dsn: options.dsn,
    migrations,
    ledger: parseLedger(options.ledger),
    lockWaitMs: options.lockWaitMs ?? 60_000,
    lockTimeoutMs: options.lockTimeoutMs ?? 3000,
    lockBudgetMs: options.lockBudgetMs ?? 120_000,
    statementTimeoutMs: options.statementTimeoutMs ?? 0,
    allowOutOfOrder: options.allowOutOfOrder ?? false,
    toolVersion,
    openCache: () =>
      options.cache === undefined || typeof migrations !== "string"
        ? undefined
        : new MigrationCache(options.cache, migrations, toolVersion),
    loadOrmOptions:
      typeof options.ormOptions === "function"
        ? options.ormOptions
        : async () => options.ormOptions as OrmOptions | undefined,
    onEvent: options.onEvent ?? (() => {}),
    signal: options.signal,
    get runId() {
      return (runId ??= uniqueId());
    },
    // Loaded when a record of it is made: most starts make none.
    get host() {
      return process.getBuiltinModule("node:os").hostname();
    },
  };
}

/** The folder of the migrations, for what writes into it. Throws a `ConfigurationError` where a program gave a list. */
export function directoryOf({ migrations }: Pick<Context, "migrations">): string {
  if (typeof migrations === "string") return migrations;
  throw new ConfigurationError("Migrations that a program gives as a list are not written: give a folder instead");
}

function parseLedger(name: string | undefined): LedgerTable {
  if (name === undefined) return defaultLedger;
  const [first, second, third] = name.split(".");
  if (!first || third !== undefined || second === "")
    throw new ConfigurationError(`"${name}" is no name for the ledger: it takes TABLE or SCHEMA.TABLE`);
  return second === undefined ? { schema: defaultLedger.schema, table: first } : { schema: first, table: second };
}
