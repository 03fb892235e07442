import type { ClientConfig } from "pg";
import type { BaselineOptions, BaselineReport } from "./commands/baseline.ts";
import type { CheckOptions, ProjectCheck } from "./commands/check.ts";
import type { CompatOptions } from "./commands/compat.ts";
import type { CompatReport } from "./compat/report.ts";
import type { ContractOptions, MadeContract } from "./commands/contract.ts";
import type { Created, CreateOptions } from "./commands/create.ts";
import type { SchemaDiff } from "./commands/diff.ts";
import type { Drawn, ErdOptions } from "./commands/erd.ts";
import type { Rebased } from "./commands/rebase.ts";
import type { ListedRelease, Retired } from "./commands/releases.ts";
import type { Repaired, RepairOptions } from "./commands/repair.ts";
import type { ScriptOptions } from "./commands/sql.ts";
import type { Verification, VerifyOptions } from "./commands/verify.ts";
import { ConfigurationError, MigratorError, RefusedError } from "./errors.ts";
import { type Context, createContext, type ContextOptions } from "./execute/context.ts";
import type { MigrateOptions } from "./execute/prepared.ts";
import { folderOfList, type ListedMigration } from "./history/folder.ts";
import type { Part } from "./history/part.ts";
import type { KnownHistory } from "./history/known-history.ts";
import type { UpTarget } from "./plan/plan.ts";
import type { BackfillState } from "./ledger/backfills.ts";
import type { Status } from "./plan/status.ts";
import type { Report } from "./report.ts";
import { ownServer, type ShadowOptions, type ShadowProvider } from "./shadow/shadow.ts";

/** How a program names its database: a connection string, a `pg.Pool`, a `pg.Client`, or their configuration. */
export type DatabaseConnection = string | ClientConfig | PoolLike | ClientLike;

/** A `pg.Pool`: the migrator opens sessions of its own with the pool's options, and leaves the pool alone. */
interface PoolLike {
  readonly options: ClientConfig;
  readonly totalCount: number;
}

/** A `pg.Client`, connected or not: the migrator opens sessions of its own to the same database. */
interface ClientLike {
  readonly host: string;
  readonly port: number;
  readonly user?: string | undefined;
  readonly database?: string | undefined;
  readonly password?: ClientConfig["password"] | null;
  readonly ssl?: ClientConfig["ssl"];
}

/** All options but `connection` and `migrations` have a default; times are milliseconds. */
export interface MigratorOptions extends Omit<ContextOptions, "dsn" | "migrations"> {
  readonly connection: DatabaseConnection;
  /** A folder, or the migrations themselves, for bundled programs. */
  readonly migrations: string | readonly ListedMigration[];
  /** A server for shadow databases, or a function that starts one; default: the database's own server. */
  readonly shadow?: string | ShadowProvider | undefined;
}

/**
 * Moves one database along one history. Every method resolves when its work is done, and rejects with a `MigratorError`
 * otherwise; `reportOf(error)` gives the report of a run that had begun.
 */
export interface Migrator {
  /** Applies pending migrations. */
  up(options?: UpTarget & MigrateOptions): Promise<Report>;
  /** Reverts the migrations that were applied last; default: one. */
  down(options?: MigrateOptions): Promise<Report>;
  /** Reads the status of the database; changes nothing and takes no lock. */
  status(): Promise<Status>;
  /** Waits until the database is at the head, at most `timeoutMs`, and returns the last status. */
  wait(options: { readonly timeoutMs: number; readonly onStatus?: (state: string) => void }): Promise<Status>;
  /** Writes a migration from the difference between models and migrations. */
  create(options: Omit<CreateOptions, "shadow">): Promise<Created>;
  /** Compares models and manifest with the migrations; `outcome` gives the result. */
  check(options?: CheckOptions): Promise<ProjectCheck>;
  /** Compares models, migrations and live database with each other. */
  diff(): Promise<SchemaDiff>;
  /** Tests migrations on a shadow database full of rows: up, down, up again. */
  verify(options?: Omit<VerifyOptions, "shadow">): Promise<Verification>;
  /** Draws the schema that the migrations make; takes the package `@thedata/erd`. */
  erd(options?: Omit<ErdOptions, "shadow">): Promise<Drawn>;
  /** Returns the SQL that `up` or `down` would send, for psql; connects to no database. */
  sql(options?: ScriptOptions): Promise<string>;
  /** Adopts an existing database: records migrations as applied and runs none. */
  baseline(options: Omit<BaselineOptions, "shadow">): Promise<BaselineReport>;
  /** Accepts edited, vanished or half-done migrations by name. */
  repair(names: readonly string[], options?: RepairOptions): Promise<Repaired[]>;
  /** Moves a migration that is not applied to the end of the history. */
  rebase(name: string): Promise<Rebased>;
  /** Changes of data that run in batches. */
  readonly backfill: BackfillMethods;
  /** Releases of the models; takes the package `@thedata/releases` and the option `releases`. */
  readonly releases: ReleaseMethods;
}

/** The commands of `migrator contract`, `compat` and `releases`. */
export interface ReleaseMethods {
  /** Makes the contract of the models as they are and writes it; with `freeze` as that of their version, too. */
  contract(options?: Pick<ContractOptions, "freeze" | "dryRun">): Promise<MadeContract>;
  /** Judges which release works after which migration; `outcome` gives the result. */
  compat(options?: Pick<CompatOptions, "release" | "to" | "static">): Promise<CompatReport>;
  /** The releases that the database or the folder knows, the oldest first. */
  list(): Promise<ListedRelease[]>;
  /** Ends the support of the releases of a version or range. */
  retire(version: string): Promise<Retired>;
}

/** The commands of `migrator backfill`; without a name they mean the one that is next. */
export interface BackfillMethods {
  /** Runs a backfill from where it stands to its end, and records its migration. */
  run(name?: string): Promise<Report>;
  /** The backfills that are begun or held. */
  status(): Promise<BackfillState[]>;
  /** Pauses a backfill after the batch under way, also one that another process runs. */
  pause(name?: string): Promise<BackfillState>;
  /** Lets a paused one go on. */
  resume(name?: string): Promise<BackfillState>;
  /** Forgets how far it came; the rows keep what it changed. */
  discard(name: string): Promise<BackfillState>;
}

/** Creates a migrator without connecting. Throws a `ConfigurationError` for an invalid ledger name. */
export function createMigrator({ connection, migrations, shadow, ...options }: MigratorOptions): Migrator {
  const dsn = toAddress(connection);
  const context = createContext({
    ...options,
    dsn,
    migrations: typeof migrations === "string" ? migrations : folderOfList(migrations),
  });
  return createMethods(context, {
    servers: [
      typeof shadow === "string" ? shadow : ownServer(typeof dsn === "string" ? dsn : undefined, options.password),
    ],
    provider: typeof shadow === "function" ? shadow : undefined,
  });
}

/** Each command's code is loaded when it is called: a program that runs `up` loads only what `up` needs. */
function createMethods(context: Context, shadow: ShadowOptions): Migrator {
  return {
    up: async (options) => settle(await (await import("./commands/up-and-down.ts")).up(context, options)),
    down: async (options) => settle(await (await import("./commands/up-and-down.ts")).down(context, options)),
    status: async () => await (await import("./commands/status.ts")).readStatus(context),
    wait: async ({ timeoutMs, onStatus = () => {} }) =>
      await (await import("./commands/wait.ts")).waitForHead(context, timeoutMs, onStatus),
    create: async (options) => await (await import("./commands/create.ts")).create(context, { ...options, shadow }),
    check: async (options) => await (await import("./commands/check.ts")).checkProject(context, shadow, options),
    diff: async () => await (await import("./commands/diff.ts")).diff(context, shadow),
    verify: async (options) => await (await import("./commands/verify.ts")).verify(context, { ...options, shadow }),
    erd: async (options) => await (await import("./commands/erd.ts")).erd(context, { ...options, shadow }),
    sql: async (options) => await (await import("./commands/sql.ts")).renderScript(context, options),
    baseline: async (options) => {
      const { baseline } = await import("./commands/baseline.ts");
      return settle(await baseline(context, { ...options, shadow }));
    },
    repair: async (names, options) => await (await import("./commands/repair.ts")).repair(context, names, options),
    backfill: createBackfillMethods(context),
    releases: createReleaseMethods(context, shadow),
    rebase: async (name) => await (await import("./commands/rebase.ts")).rebase(context, name),
  };
}

function createReleaseMethods(context: Context, shadow: ShadowOptions): ReleaseMethods {
  const settings = () => {
    if (context.releases) return context.releases;
    throw new ConfigurationError(`Give the option "releases": where the contracts are, and which releases must work`);
  };
  const load = async () => await import("./commands/releases.ts");
  return {
    contract: async (options) =>
      await (await import("./commands/contract.ts")).contract(context, { ...options, shadow, releases: settings() }),
    compat: async (options) =>
      await (await import("./commands/compat.ts")).compat(context, { ...options, shadow, releases: settings() }),
    list: async () => await (await load()).listReleases(context, settings()),
    retire: async (version) => await (await load()).retireReleases(context, settings(), version),
  };
}

function createBackfillMethods(context: Context): BackfillMethods {
  const load = async () => await import("./commands/backfill.ts");
  return {
    run: async (name) => settle(await (await load()).runNextBackfill(context, name)),
    status: async () => await (await load()).listBackfills(context),
    pause: async (name) => await (await load()).setPaused(context, true, name),
    resume: async (name) => await (await load()).setPaused(context, false, name),
    discard: async (name) => await (await load()).discardBackfill(context, name),
  };
}

function toAddress(connection: DatabaseConnection): string | ClientConfig {
  if (typeof connection === "string") return connection;
  // A pool hides its password from enumeration, and its `query_timeout` would end a long statement.
  if ("totalCount" in connection)
    return { ...connection.options, password: connection.options.password, query_timeout: undefined };
  if (!("connect" in connection)) return connection as ClientConfig;
  const { host, port, user, database, password, ssl } = connection as ClientLike;
  return { host, port, user, database, password: password ?? undefined, ssl };
}

/**
 * Reads a history from its folder or list, or the part of it that each schema runs, or the database once. Throws a
 * `MigratorError` where it is not sound.
 */
export async function readHistory(migrations: string | readonly ListedMigration[], part?: Part): Promise<KnownHistory> {
  const { readKnownHistory } = await import("./commands/known-history.ts");
  return await readKnownHistory(typeof migrations === "string" ? migrations : folderOfList(migrations), part);
}

type AnyReport = Report | BaselineReport;

const reports = new WeakMap<Error, AnyReport>();

/** The report of the run that ended in this error of a migrator's; undefined where no run had begun. */
export function reportOf(error: unknown): AnyReport | undefined {
  return error instanceof MigratorError ? reports.get(error) : undefined;
}

/** Returns the report of a successful run; throws the error of a failed or refused one. */
function settle<Settled extends AnyReport>(report: Settled): Settled {
  if (report.outcome !== "failed" && report.outcome !== "refused") return report;
  const error = report.error ?? new RefusedError(report.problems.map(({ message }) => message).join("\n"));
  reports.set(error, report);
  throw error;
}
